(* Training in continuous time: one shared log-odds z with dz/dt = D pi (1 - pi). *)
From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
Local Open Scope R_scope.

Definition expit (z : R) : R := 1 / (1 + exp (- z)).
Definition logit (p : R) : R := ln (p / (1 - p)).

(* 2 z + 2 sinh z *)
Definition clock (z : R) : R := 2 * z + (exp z - exp (- z)).

(* z is driven by the average advantage D through a softmax over two options. *)
Definition flow (D : R) (z : R -> R) : Prop :=
  forall t, is_derive z t (D * (expit (z t) * (1 - expit (z t)))).

Lemma expit_bounds z : 0 < expit z < 1.
Proof.
  unfold expit; pose proof (exp_pos (- z)); split.
  - apply Rdiv_lt_0_compat; lra.
  - apply Rmult_lt_reg_r with (1 + exp (- z)); [lra |].
    unfold Rdiv; rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma expit_increasing y z : y < z -> expit y < expit z.
Proof.
  intros below; unfold expit, Rdiv; apply Rmult_lt_compat_l; [lra |].
  pose proof (exp_pos (- y)); pose proof (exp_pos (- z)).
  apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; lra |].
  apply Rplus_lt_compat_l, exp_increasing; lra.
Qed.

Lemma expit_logit p : 0 < p < 1 -> expit (logit p) = p.
Proof.
  intros [p0 p1]; unfold expit, logit.
  assert (0 < p / (1 - p)) by (apply Rdiv_lt_0_compat; lra).
  rewrite exp_Ropp, exp_ln by assumption; field; lra.
Qed.

Lemma clock_derive z : is_derive clock z (2 + (exp z + exp (- z))).
Proof. unfold clock; auto_derive; trivial; ring. Qed.

(* pi (1 - pi) is one over the slope of the clock *)
Lemma slope z : (2 + (exp z + exp (- z))) * (expit z * (1 - expit z)) = 1.
Proof.
  unfold expit; pose proof (exp_pos z); pose proof (exp_pos (- z)).
  assert (E : exp z = / exp (- z)) by (rewrite <- exp_Ropp; f_equal; ring).
  rewrite E; field; split; lra.
Qed.

Lemma constant_slope (h : R -> R) (D : R) :
  (forall t, is_derive h t D) -> forall t, h t = h 0 + D * t.
Proof.
  intros dh t.
  destruct (MVT_gen h 0 t (fun _ => D)) as [c [_ E]].
  - intros; apply dh.
  - intros; apply continuity_pt_filterlim, (@ex_derive_continuous R_AbsRing R_NormedModule).
    eexists; apply dh.
  - lra.
Qed.

Theorem clock_increasing (y z : R) : y < z <-> clock y < clock z.
Proof.
  assert (up : forall a b, a < b -> clock a < clock b).
  { intros a b below; unfold clock.
    pose proof (exp_increasing a b below).
    assert (exp (- b) < exp (- a)) by (apply exp_increasing; lra); lra. }
  split; [apply up |]; intros less.
  destruct (Rtotal_order y z) as [| [-> | more]]; [assumption | lra |].
  specialize (up z y more); lra.
Qed.

Theorem exact_solution (D : R) (z : R -> R) :
  flow D z -> forall t, clock (z t) = clock (z 0) + D * t.
Proof.
  intros move; apply (constant_slope (fun t => clock (z t))); intros t.
  evar_last.
  - apply (is_derive_comp clock z t); [apply clock_derive | apply move].
  - unfold scal; simpl; unfold mult; simpl.
    rewrite Rmult_assoc, (Rmult_comm (expit _ * _)), slope; ring.
Qed.

(* The drive has the sign of D at all later times. *)
Theorem drive_sign (D t : R) (z : R -> R) :
  flow D z -> 0 < t ->
  (0 < D <-> expit (z 0) < expit (z t)) /\
  (D = 0 <-> expit (z t) = expit (z 0)) /\
  (D < 0 <-> expit (z t) < expit (z 0)).
Proof.
  intros move late; pose proof (exact_solution D z move t) as E.
  assert (T : forall a, 0 < a -> 0 < a * t) by (intros; now apply Rmult_lt_0_compat).
  assert (N : (- D) * t = - (D * t)) by ring.
  destruct (Rtotal_order D 0) as [n | [n | n]].
  - assert (down : z t < z 0).
    { apply clock_increasing; specialize (T (- D)); lra. }
    apply expit_increasing in down; repeat split; intros; lra.
  - assert (same : z t = z 0).
    { assert (C : clock (z t) = clock (z 0)) by (rewrite E, n; ring).
      destruct (Rtotal_order (z t) (z 0)) as [l | [e | l]]; [| exact e |];
        apply clock_increasing in l; lra. }
    rewrite same; repeat split; intros; lra.
  - assert (up : z 0 < z t).
    { apply clock_increasing; specialize (T D); lra. }
    apply expit_increasing in up; repeat split; intros; lra.
Qed.

(* Exploration sets the clock: from P(power) = eps at time 0 to 1/2 at time T. *)
Theorem time_to_drive (D T eps : R) (z : R -> R) :
  flow D z -> 0 < eps <= 1 / 2 -> z 0 = logit eps -> z T = 0 ->
  1 / eps - 2 <= D * T <= 1 / eps + 2 * ln (1 / eps).
Proof.
  intros move [e0 e1] start end_; pose proof (exact_solution D z move T) as E.
  rewrite end_, start in E; unfold clock, logit in E.
  assert (pos : 0 < eps / (1 - eps)) by (apply Rdiv_lt_0_compat; lra).
  rewrite !exp_Ropp, exp_ln, exp_0 in E by assumption.
  replace (/ (eps / (1 - eps))) with (1 / eps - 1) in E by (field; lra).
  assert (L : ln (eps / (1 - eps)) = - ln (1 / eps) - ln (1 - eps)).
  { unfold Rdiv; rewrite ln_mult, ln_Rinv, Rmult_1_l, ln_Rinv; try lra.
    apply Rinv_0_lt_compat; lra. }
  assert (small : eps / (1 - eps) <= 1).
  { apply Rmult_le_reg_r with (1 - eps); [lra |].
    unfold Rdiv; rewrite Rmult_assoc, Rinv_l; lra. }
  assert (half : ln (eps / (1 - eps)) <= 0).
  { rewrite <- ln_1; destruct (Req_dec (eps / (1 - eps)) 1) as [-> | differ]; [lra |].
    apply Rlt_le, ln_increasing; lra. }
  assert (ln (1 - eps) <= 0).
  { rewrite <- ln_1; apply Rlt_le, ln_increasing; lra. }
  split; lra.
Qed.
