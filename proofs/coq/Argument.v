(* The argument in a model class, with its constants, and what happens without each premise. *)
From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From PowerSeek Require Import Flow.
Local Open Scope R_scope.

(* Log-odds z of power in training contexts, all alike, and y in a probe. The average
   advantage D of power arrives in the share autonomy * signal * credit; K is the kernel
   between training contexts, K' the kernel between training and the probe. *)
Definition training (autonomy signal credit K K' D : R) (z y : R -> R) : Prop :=
  forall t, let push := autonomy * signal * credit * D * (expit (z t) * (1 - expit (z t))) in
    is_derive z t (K * push) /\ is_derive y t (K' * push).

(* Training time after which power is taken with probability p in the probe. *)
Definition time_needed (autonomy signal credit K K' D eps p : R) : R :=
  (clock (logit eps + K / K' * (logit p - logit eps)) - clock (logit eps))
  / (autonomy * signal * credit * K * D).

Lemma training_flow autonomy signal credit K K' D z y :
  training autonomy signal credit K K' D z y ->
  flow (autonomy * signal * credit * K * D) z.
Proof.
  intros move t; destruct (move t) as [dz _]; evar_last; [exact dz |]; simpl; ring.
Qed.

(* The probe inherits the share K' / K of what training contexts learn. *)
Theorem inherited_share (autonomy signal credit K K' D : R) (z y : R -> R) :
  training autonomy signal credit K K' D z y -> 0 < K ->
  forall t, y t = y 0 + K' / K * (z t - z 0).
Proof.
  intros move K0 t.
  assert (S : K * y t - K' * z t = K * y 0 - K' * z 0 + 0 * t).
  { apply (constant_slope (fun t => K * y t - K' * z t) 0); intros u; destruct (move u) as [dz dy]; evar_last.
    - apply (@is_derive_minus R_AbsRing R_NormedModule);
        apply is_derive_scal; [exact dy | exact dz].
    - unfold minus, plus, opp; simpl; ring. }
  apply Rmult_eq_reg_l with K; [| lra].
  replace (K * (y 0 + K' / K * (z t - z 0))) with (K * y 0 + K' * (z t - z 0)) by (field; lra).
  lra.
Qed.

Lemma expit_le x y : expit x <= expit y <-> x <= y.
Proof.
  split; intros less.
  - destruct (Rle_or_lt x y) as [| more]; [assumption |].
    apply expit_increasing in more; lra.
  - destruct less as [less | ->]; [now apply Rlt_le, expit_increasing | lra].
Qed.

Lemma clock_le x y : clock x <= clock y <-> x <= y.
Proof.
  split; intros less.
  - destruct (Rle_or_lt x y) as [| more]; [assumption |].
    apply clock_increasing in more; lra.
  - destruct less as [less | ->]; [now apply Rlt_le, (proj1 (clock_increasing x y)) | lra].
Qed.

(* The argument. P1, P2, P5: some credit arrives (autonomy, signal, credit > 0). P3: power
   pays on average (D > 0). P4: it is explored with probability eps > 0. P6: the probe
   shares some of what is learnt (K' > 0). Then power is taken in the probe with
   probability 1 - delta or more exactly from the time time_needed on (P5). *)
Theorem argument (autonomy signal credit K K' D eps delta T : R) (z y : R -> R) :
  training autonomy signal credit K K' D z y -> z 0 = logit eps -> y 0 = logit eps ->
  0 < autonomy -> 0 < signal -> 0 < credit -> 0 < D -> 0 < eps < 1 -> 0 < K -> 0 < K' ->
  0 < delta < 1 ->
  (1 - delta <= expit (y T) <->
   time_needed autonomy signal credit K K' D eps (1 - delta) <= T).
Proof.
  intros move z0 y0 a0 s0 c0 D0 eps01 K0 K0' d01.
  assert (rate : 0 < autonomy * signal * credit * K * D) by (repeat apply Rmult_lt_0_compat; lra).
  pose proof (exact_solution _ z (training_flow _ _ _ _ _ _ _ _ move) T) as E.
  pose proof (inherited_share _ _ _ _ _ _ _ _ move K0 T) as I.
  rewrite z0 in E, I; rewrite y0 in I.
  rewrite <- (expit_logit (1 - delta)) at 1 by lra.
  rewrite expit_le, I; unfold time_needed.
  set (r := autonomy * signal * credit * K * D) in *.
  set (e := logit eps) in *; set (g := logit (1 - delta)).
  assert (share : 0 < K' / K) by now apply Rdiv_lt_0_compat.
  assert (goal : g <= e + K' / K * (z T - e) <-> e + K / K' * (g - e) <= z T).
  { assert (inverse : K' / K * (K / K' * (g - e)) = g - e) by (field; lra).
    split; intros less.
    - apply Rnot_lt_le; intros more.
      apply (Rmult_lt_compat_l (K' / K)) in more; [| exact share].
      rewrite Rmult_plus_distr_l, inverse in more; lra.
    - apply (Rmult_le_compat_l (K' / K)) in less; [| lra].
      rewrite Rmult_plus_distr_l, inverse in less; lra. }
  rewrite goal, <- clock_le, E.
  set (far := clock (e + K / K' * (g - e))); set (now_ := clock e).
  assert (U : (far - now_) / r * r = far - now_) by (field; lra).
  split; intros less.
  - apply Rmult_le_reg_r with r; [exact rate |]; rewrite U; lra.
  - apply (Rmult_le_compat_r r) in less; [| lra]; rewrite U in less; lra.
Qed.

(* Countermodels: without P1, P2, P3, P5 or P6 power never becomes more likely. *)
Theorem no_drive_without (autonomy signal credit K K' D : R) (z y : R -> R) :
  training autonomy signal credit K K' D z y ->
  0 <= autonomy -> 0 <= signal -> 0 <= credit -> 0 < K -> 0 <= K' ->
  autonomy = 0 \/ signal = 0 \/ credit = 0 \/ D <= 0 \/ K' = 0 ->
  forall t, 0 <= t -> expit (y t) <= expit (y 0).
Proof.
  intros move a0 s0 c0 K0 K0' off t late.
  rewrite expit_le, (inherited_share _ _ _ _ _ _ _ _ move K0 t).
  assert (share : 0 <= K' / K).
  { apply Rmult_le_pos; [assumption | now apply Rlt_le, Rinv_0_lt_compat]. }
  assert (enough : K' / K = 0 \/ z t <= z 0 -> y 0 + K' / K * (z t - z 0) <= y 0).
  { intros [-> | down]; [lra |].
    assert (0 <= K' / K * (z 0 - z t)) by (apply Rmult_le_pos; lra); lra. }
  apply enough.
  assert (some : 0 <= autonomy * signal * credit * K) by (repeat apply Rmult_le_pos; lra).
  assert (cases : K' = 0 \/ autonomy * signal * credit * K * D <= 0).
  { destruct off as [-> | [-> | [-> | [low | ->]]]]; [right; lra | right; lra | right; lra | |].
    - right; apply Rmult_le_compat_l with (r := autonomy * signal * credit * K) in low; lra.
    - now left. }
  destruct cases as [-> | low]; [left; unfold Rdiv; ring | right].
  apply clock_le; rewrite (exact_solution _ z (training_flow _ _ _ _ _ _ _ _ move) t).
  apply (Rmult_le_compat_r t) in low; lra.
Qed.

(* Without P4: however long one trains, exploration below one over twice the training time
   (in units of the rate) leaves power less than twice as likely as it was. *)
Theorem no_drive_without_exploration (autonomy signal credit K K' D eps T : R) (z y : R -> R) :
  training autonomy signal credit K K' D z y -> z 0 = logit eps -> y 0 = logit eps ->
  0 < K -> 0 <= K' <= K -> 0 < eps < 1 / 2 ->
  2 * eps * (autonomy * signal * credit * K * D * T) < 1 ->
  expit (y T) < 2 * eps.
Proof.
  intros move z0 y0 K0 KK eps01 rare.
  rewrite <- (expit_logit (2 * eps)) by lra; apply expit_increasing.
  pose proof (exact_solution _ z (training_flow _ _ _ _ _ _ _ _ move) T) as E.
  rewrite (inherited_share _ _ _ _ _ _ _ _ move K0 T), y0, z0; rewrite z0 in E.
  set (gain := autonomy * signal * credit * K * D * T) in *.
  assert (odds : 0 < eps / (1 - eps) < 2 * eps / (1 - 2 * eps)).
  { split; [apply Rdiv_lt_0_compat; lra |].
    apply Rmult_lt_reg_r with ((1 - eps) * (1 - 2 * eps)); [apply Rmult_lt_0_compat; lra |].
    replace (eps / (1 - eps) * ((1 - eps) * (1 - 2 * eps))) with (eps * (1 - 2 * eps))
      by (field; lra).
    replace (2 * eps / (1 - 2 * eps) * ((1 - eps) * (1 - 2 * eps))) with (2 * eps * (1 - eps))
      by (field; lra).
    assert (0 < eps * 1) by lra; lra. }
  assert (up : logit eps < logit (2 * eps)) by (apply ln_increasing; lra).
  assert (below : z T < logit (2 * eps)).
  { apply clock_increasing; rewrite E.
    apply Rlt_trans with (clock (logit eps) + 1 / (2 * eps)).
    - apply Rplus_lt_compat_l, Rmult_lt_reg_l with (2 * eps); [lra |].
      replace (2 * eps * (1 / (2 * eps))) with 1 by (field; lra); exact rare.
    - unfold clock, logit; rewrite !exp_Ropp, !exp_ln by lra.
      replace (/ (eps / (1 - eps))) with (1 / eps - 1) by (field; lra).
      replace (/ (2 * eps / (1 - 2 * eps))) with (1 / (2 * eps) - 1) by (field; lra).
      replace (1 / eps) with (1 / (2 * eps) + 1 / (2 * eps)) by (field; lra).
      unfold logit in up; lra. }
  assert (share : 0 <= K' / K <= 1).
  { split; [apply Rmult_le_pos; [lra | now apply Rlt_le, Rinv_0_lt_compat] |].
    apply Rmult_le_reg_r with K; [assumption |].
    unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra; lra. }
  destruct (Rle_or_lt (z T) (logit eps)) as [less | more].
  - assert (0 <= K' / K * (logit eps - z T)) by (apply Rmult_le_pos; lra); lra.
  - assert (K' / K * (z T - logit eps) <= 1 * (z T - logit eps))
      by (apply Rmult_le_compat_r; lra); lra.
Qed.
