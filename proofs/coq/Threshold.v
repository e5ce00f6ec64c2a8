(* The need fraction at which power starts to pay on average. *)
From Coq Require Import Reals Lra.
Local Open Scope R_scope.

(* Expected return of a task of the hub world: m competence, q success of a needy task
   without power, c price of the detour. *)
Definition attempt (m q : R) (needy : bool) : R := m * (if needy then q else 1).
Definition power (m c : R) (needy : bool) : R := m * 1 - c.

(* Mean over tasks of which a fraction p are needy. *)
Definition mean (p : R) (f : bool -> R) : R := p * f true + (1 - p) * f false.

Definition average_advantage (m p q c : R) : R :=
  mean p (fun needy => power m c needy - attempt m q needy).

Definition threshold (m q c : R) : R := c / (m * (1 - q)).

Lemma average_advantage_value m p q c : average_advantage m p q c = m * p * (1 - q) - c.
Proof. unfold average_advantage, mean, power, attempt; ring. Qed.

Theorem average_advantage_sign (m p q c : R) :
  0 < m -> q < 1 ->
  (0 < average_advantage m p q c <-> threshold m q c < p) /\
  (average_advantage m p q c = 0 <-> p = threshold m q c) /\
  (average_advantage m p q c < 0 <-> p < threshold m q c).
Proof.
  intros mpos qlt; rewrite average_advantage_value.
  assert (gain : 0 < m * (1 - q)) by (apply Rmult_lt_0_compat; lra).
  assert (E : m * p * (1 - q) - c = m * (1 - q) * (p - threshold m q c)).
  { unfold threshold; field; split; lra. }
  rewrite E; set (d := p - threshold m q c).
  assert (up : 0 < d -> 0 < m * (1 - q) * d) by (intros; now apply Rmult_lt_0_compat).
  assert (down : d < 0 -> m * (1 - q) * d < 0).
  { intros; rewrite <- (Rmult_0_r (m * (1 - q))); now apply Rmult_lt_compat_l. }
  assert (level : d = 0 -> m * (1 - q) * d = 0) by (intros ->; ring).
  destruct (Rtotal_order d 0) as [n | [z | s]];
    [specialize (down n) | specialize (level z) | specialize (up s)];
    unfold d in *; repeat split; intros; lra.
Qed.

Theorem threshold_monotone (m m' q q' c c' : R) :
  0 < m <= m' -> q <= q' < 1 -> 0 <= c <= c' ->
  threshold m' q c <= threshold m q' c'.
Proof.
  intros [m0 mm] [qq q1] [c0 cc]; unfold threshold, Rdiv.
  assert (low : 0 < m * (1 - q')) by (apply Rmult_lt_0_compat; lra).
  apply Rmult_le_compat; try lra.
  - apply Rlt_le, Rinv_0_lt_compat, Rmult_lt_0_compat; lra.
  - apply Rinv_le_contravar; [lra |].
    apply Rmult_le_compat; lra.
Qed.
