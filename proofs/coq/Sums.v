(* Finite sums of real numbers over lists, and weighted means. *)
From Coq Require Import Reals Lra List.
Import ListNotations.
Local Open Scope R_scope.

Fixpoint sum {A : Type} (l : list A) (f : A -> R) : R :=
  match l with
  | [] => 0
  | a :: l => f a + sum l f
  end.

Section Sums.
Context {A : Type}.
Implicit Types (l : list A) (f g w : A -> R).

Lemma sum_ext l f g : (forall a, In a l -> f a = g a) -> sum l f = sum l g.
Proof.
  induction l as [| b l IH]; intros same; simpl; [reflexivity |].
  rewrite (same b (or_introl eq_refl)), IH; [reflexivity |].
  intros a inside; apply same; now right.
Qed.

Lemma sum_add l f g : sum l (fun a => f a + g a) = sum l f + sum l g.
Proof. induction l as [| b l IH]; simpl; [| rewrite IH]; lra. Qed.

Lemma sum_scal l (c : R) f : sum l (fun a => c * f a) = c * sum l f.
Proof. induction l as [| b l IH]; simpl; [| rewrite IH]; lra. Qed.

Lemma sum_zero l f : (forall a, In a l -> f a = 0) -> sum l f = 0.
Proof.
  intros zero; rewrite (sum_ext l f (fun a => 0 * f a)).
  - rewrite sum_scal; lra.
  - intros a inside; rewrite (zero a inside); lra.
Qed.

Lemma sum_le l f g : (forall a, In a l -> f a <= g a) -> sum l f <= sum l g.
Proof.
  induction l as [| b l IH]; intros below; simpl; [lra |].
  apply Rplus_le_compat.
  - apply below; now left.
  - apply IH; intros a inside; apply below; now right.
Qed.

Lemma sum_nonneg l f : (forall a, In a l -> 0 <= f a) -> 0 <= sum l f.
Proof.
  intros nonneg; rewrite <- (sum_zero l (fun _ => 0)) by reflexivity.
  now apply sum_le.
Qed.

Lemma sum_pos l f : l <> [] -> (forall a, 0 < f a) -> 0 < sum l f.
Proof.
  destruct l as [| b l]; intros some pos; [now elim some |]; simpl.
  assert (0 <= sum l f) by (apply sum_nonneg; intros; now apply Rlt_le).
  specialize (pos b); lra.
Qed.
End Sums.

Lemma sum_swap {A B : Type} (l : list A) (m : list B) (f : A -> B -> R) :
  sum l (fun a => sum m (fun b => f a b)) = sum m (fun b => sum l (fun a => f a b)).
Proof.
  induction l as [| a l IH]; simpl.
  - symmetry; now apply sum_zero.
  - rewrite IH, <- sum_add; reflexivity.
Qed.

(* w is a probability distribution on the list l *)
Definition distribution {A : Type} (l : list A) (w : A -> R) : Prop :=
  (forall a, In a l -> 0 <= w a) /\ sum l w = 1.

Lemma mean_le {A : Type} (l : list A) (w f g : A -> R) :
  distribution l w -> (forall a, In a l -> f a <= g a) ->
  sum l (fun a => w a * f a) <= sum l (fun a => w a * g a).
Proof.
  intros [nonneg _] below; apply sum_le; intros a inside.
  apply Rmult_le_compat_l; auto.
Qed.

Lemma mean_const {A : Type} (l : list A) (w : A -> R) (c : R) :
  distribution l w -> sum l (fun a => w a * c) = c.
Proof.
  intros [_ one]; rewrite (sum_ext l _ (fun a => c * w a)) by (intros; lra).
  rewrite sum_scal, one; lra.
Qed.
