(* POWER of a state that leads to k absorbing children, rewards independent and uniform on
   [0, 1]: k / (k + 1). *)
From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
Local Open Scope R_scope.

(* Expected maximum of m and k independent uniform numbers: k integrals, one in the other. *)
Fixpoint expected_max (k : nat) (m : R) : R :=
  match k with
  | O => m
  | S k => RInt (fun u => expected_max k (Rmax m u)) 0 1
  end.

(* Its value for m in [0, 1]. *)
Definition closed (k : nat) (m : R) : R := (INR k + m ^ S k) / INR (S k).

(* An antiderivative of it. *)
Definition primitive (k : nat) (m : R) : R :=
  (INR k * m + m ^ S (S k) / INR (S (S k))) / INR (S k).

Lemma INR_pos k : 0 < INR (S k).
Proof. apply lt_0_INR; lia. Qed.

Lemma primitive_derive k m : is_derive (primitive k) m (closed k m).
Proof.
  unfold primitive, closed; pose proof (INR_pos k); pose proof (INR_pos (S k)).
  remember (INR (S k)) as a; remember (S k) as n.
  auto_derive; trivial.
  change (match n with O => 1 | S _ => INR n + 1 end) with (INR (S n)).
  field; split; lra.
Qed.

Lemma closed_integral k a b : is_RInt (closed k) a b (primitive k b - primitive k a).
Proof.
  apply (@is_RInt_derive R_CompleteNormedModule (primitive k) (closed k)).
  - intros x _; apply primitive_derive.
  - intros x _; apply (@ex_derive_continuous R_AbsRing R_NormedModule).
    unfold closed; auto_derive; trivial.
Qed.

Lemma closed_step k m :
  0 <= m <= 1 -> is_RInt (fun u => closed k (Rmax m u)) 0 1 (closed (S k) m).
Proof.
  intros [m0 m1]; evar_last.
  - apply (@is_RInt_Chasles R_NormedModule _ 0 m 1).
    + apply (@is_RInt_ext R_NormedModule (fun _ => closed k m)).
      * intros u; rewrite Rmin_left, Rmax_right by lra; intros; now rewrite Rmax_left by lra.
      * apply (@is_RInt_const R_NormedModule).
    + apply (@is_RInt_ext R_NormedModule (closed k)).
      * intros u; rewrite Rmin_left, Rmax_right by lra; intros; now rewrite Rmax_right by lra.
      * apply closed_integral.
  - unfold plus, scal; simpl; unfold mult; simpl; unfold primitive, closed.
    rewrite !pow1; pose proof (INR_pos k); pose proof (INR_pos (S k)).
    rewrite (S_INR (S k)) in *; rewrite (S_INR k) in *; simpl pow; field; split; lra.
Qed.

Lemma expected_max_closed k : forall m, 0 <= m <= 1 -> expected_max k m = closed k m.
Proof.
  induction k as [| k IH]; intros m inside.
  - unfold closed; simpl; field.
  - apply (@is_RInt_unique R_CompleteNormedModule).
    apply (@is_RInt_ext R_NormedModule (fun u => closed k (Rmax m u))).
    + intros u; rewrite Rmin_left, Rmax_right by lra; intros.
      symmetry; apply IH; split; [| apply Rmax_lub; lra].
      apply Rle_trans with m; [lra | apply Rmax_l].
    + now apply closed_step.
Qed.

(* The best child's reward from the next step on, and this state's own reward: V* - R is
   gamma / (1 - gamma) times the largest child reward. *)
Definition POWER_star (gamma : R) (k : nat) : R :=
  (1 - gamma) / gamma * (gamma / (1 - gamma) * expected_max k 0).

Theorem power_star (gamma : R) (k : nat) :
  0 < gamma < 1 -> POWER_star gamma k = INR k / (INR k + 1).
Proof.
  intros rate; unfold POWER_star; rewrite expected_max_closed by lra.
  unfold closed; rewrite pow_i, Rplus_0_r, S_INR by lia.
  pose proof (pos_INR k); field; lra.
Qed.
