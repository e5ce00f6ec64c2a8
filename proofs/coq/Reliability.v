(* What a reliability target says about how often power is taken where it is needed. *)
From Coq Require Import Reals Lra List.
From PowerSeek Require Import Sums.
Local Open Scope R_scope.

(* Success on a task that needs power: certain with it, at most q without it. *)
Definition success_bound (q : R) (takes_power : R) : R :=
  takes_power + (1 - takes_power) * q.

Theorem reliability_forces_power (Task : Type) (tasks : list Task)
    (weight takes_power success : Task -> R) (q rho : R) :
  distribution tasks weight -> q < 1 ->
  (forall x, In x tasks -> success x <= success_bound q (takes_power x)) ->
  rho <= sum tasks (fun x => weight x * success x) ->
  (rho - q) / (1 - q) <= sum tasks (fun x => weight x * takes_power x).
Proof.
  intros dist qlt bound reliable.
  assert (S : sum tasks (fun x => weight x * success x)
              <= q + (1 - q) * sum tasks (fun x => weight x * takes_power x)).
  { apply Rle_trans with (sum tasks (fun x => weight x * success_bound q (takes_power x))).
    - now apply mean_le.
    - rewrite (sum_ext tasks _ (fun x => weight x * q + (1 - q) * (weight x * takes_power x)))
        by (intros; unfold success_bound; ring).
      rewrite sum_add, sum_scal, mean_const by assumption; lra. }
  apply Rmult_le_reg_r with (1 - q); [lra |].
  unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra; lra.
Qed.

(* The bound is reached: with the same chance of power on every task it is an equality. *)
Theorem reliability_bound_tight (q x : R) :
  q < 1 -> (success_bound q x - q) / (1 - q) = x.
Proof. intros; unfold success_bound; field; lra. Qed.
