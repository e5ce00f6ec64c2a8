(* Softmax policies: the gradient of the expected value, and how an update made in some
   contexts moves the scores in others. *)
From Coq Require Import Reals Lra List.
From Coquelicot Require Import Coquelicot.
From PowerSeek Require Import Sums.
Local Open Scope R_scope.

Section Softmax.
Context {Option : Type} (options : list Option).
Implicit Types (z q s : Option -> R).

Definition normaliser z : R := sum options (fun b => exp (z b)).
Definition softmax z a : R := exp (z a) / normaliser z.
Definition value q z : R := sum options (fun b => softmax z b * q b).
Definition advantage q z a : R := q a - value q z.
(* credit of an option: the derivative of the value in its score *)
Definition credit q z a : R := softmax z a * advantage q z a.

Lemma value_quotient q z :
  value q z = sum options (fun b => q b * exp (z b)) / normaliser z.
Proof.
  unfold value, Rdiv; rewrite Rmult_comm, <- sum_scal.
  apply sum_ext; intros; unfold softmax, Rdiv; ring.
Qed.

Lemma derive_exponentials (c : Option -> R) z s (l : list Option) :
  is_derive (fun t => sum l (fun b => c b * exp (z b + t * s b))) 0
            (sum l (fun b => c b * exp (z b) * s b)).
Proof.
  induction l as [| b l IH]; simpl.
  - apply (@is_derive_const R_AbsRing R_NormedModule).
  - apply (@is_derive_plus R_AbsRing R_NormedModule); [| exact IH].
    auto_derive; trivial.
    rewrite Rmult_0_l, Rplus_0_r; ring.
Qed.
End Softmax.

(* Along any direction s in the space of scores, the value of a softmax policy has the
   derivative sum_b credit_b s_b.  With s the indicator of an option this is one coordinate
   of the gradient; with s_b the inner product of features it is the chain rule. *)
Theorem softmax_policy_gradient (Option : Type) (options : list Option)
    (q z s : Option -> R) :
  options <> nil ->
  is_derive (fun t => value options q (fun b => z b + t * s b)) 0
            (sum options (fun b => credit options q z b * s b)).
Proof.
  intros some.
  pose (N := fun t => sum options (fun b => q b * exp (z b + t * s b))).
  pose (D := fun t => sum options (fun b => 1 * exp (z b + t * s b))).
  assert (DE : forall t, D t = normaliser options (fun b => z b + t * s b)).
  { intros; apply sum_ext; intros; ring. }
  assert (Dpos : forall t, 0 < D t).
  { intros; apply sum_pos; [assumption | intros; rewrite Rmult_1_l; apply exp_pos]. }
  apply (is_derive_ext (fun t => N t / D t)).
  { intros t; now rewrite value_quotient, DE. }
  assert (dN := derive_exponentials q z s options).
  assert (dD := derive_exponentials (fun _ => 1) z s options).
  assert (D0 : D 0 <> 0) by (specialize (Dpos 0); lra).
  assert (Z0 : normaliser options z = D 0).
  { rewrite DE; apply sum_ext; intros; now rewrite Rmult_0_l, Rplus_0_r. }
  assert (V0 : value options q z = N 0 / D 0).
  { rewrite value_quotient, Z0; f_equal.
    apply sum_ext; intros; now rewrite Rmult_0_l, Rplus_0_r. }
  evar_last; [apply (is_derive_div N D 0 _ _ dN dD D0) |].
  rewrite (sum_ext options (fun b => credit options q z b * s b)
             (fun b => / D 0 * (q b * exp (z b) * s b)
                       + - (N 0 / (D 0 * D 0)) * (1 * exp (z b) * s b))).
  - rewrite sum_add, !sum_scal; unfold N; field; exact D0.
  - intros b _; unfold credit, advantage, softmax; rewrite V0, Z0; field; exact D0.
Qed.

(* Parameters theta, one number per feature; the score of an option seen with features phi
   is their inner product. *)
Section Linear.
Context {Feature Offer : Type} (features : list Feature) (offers : list Offer).
Implicit Types (theta : Feature -> R) (phi psi : Feature -> R).

Definition score theta phi : R := sum features (fun k => theta k * phi k).
Definition kernel phi psi : R := sum features (fun k => phi k * psi k).

(* One update of size eta: every offer j that was met in training, seen with features
   seen j, is pushed with the credit g j. *)
Definition update (eta : R) (seen : Offer -> Feature -> R) (g : Offer -> R) theta : Feature -> R :=
  fun k => theta k + eta * sum offers (fun j => g j * seen j k).

(* n updates; the credit may depend on time and on the parameters in any way *)
Fixpoint train (eta : R) (seen : Offer -> Feature -> R) (g : nat -> (Feature -> R) -> Offer -> R)
    theta (n : nat) : Feature -> R :=
  match n with
  | O => theta
  | S n => let now := train eta seen g theta n in update eta seen (g n now) now
  end.
End Linear.

(* What an update moves elsewhere: credit times kernel. *)
Theorem score_transfer (Feature Offer : Type) (features : list Feature) (offers : list Offer)
    (eta : R) (seen : Offer -> Feature -> R) (g : Offer -> R) (theta phi : Feature -> R) :
  score features (update offers eta seen g theta) phi - score features theta phi
  = eta * sum offers (fun j => g j * kernel features phi (seen j)).
Proof.
  unfold score, update, kernel.
  rewrite (sum_ext features _
    (fun k => theta k * phi k + eta * sum offers (fun j => g j * (phi k * seen j k)))).
  - rewrite sum_add, sum_scal, sum_swap.
    rewrite (sum_ext offers (fun j => g j * sum features (fun k => phi k * seen j k))
               (fun j => sum features (fun k => g j * (phi k * seen j k))))
      by (intros; now rewrite sum_scal).
    ring.
  - intros k _; rewrite Rmult_plus_distr_r, Rmult_assoc; f_equal; f_equal.
    rewrite Rmult_comm, <- sum_scal; apply sum_ext; intros; ring.
Qed.

(* With credit = weight * softmax * advantage: dz' = eta sum mu pi A K. *)
Theorem policy_gradient_transfer (Context_ Option Feature : Type)
    (contexts : list Context_) (options : list Option) (features : list Feature)
    (eta : R) (mu : Context_ -> R) (q : Context_ -> Option -> R)
    (seen : Context_ * Option -> Feature -> R) (theta phi : Feature -> R) :
  let z x b := score features theta (seen (x, b)) in
  let g j := mu (fst j) * credit options (q (fst j)) (z (fst j)) (snd j) in
  let offers := list_prod contexts options in
  score features (update offers eta seen g theta) phi - score features theta phi
  = eta * sum offers (fun j => mu (fst j) * softmax options (z (fst j)) (snd j)
            * advantage options (q (fst j)) (z (fst j)) (snd j) * kernel features phi (seen j)).
Proof.
  intros z g offers; rewrite score_transfer; f_equal.
  apply sum_ext; intros j _; unfold g, credit; ring.
Qed.

(* No sharing, no change, for all time: whatever the credits are. *)
Theorem locality (Feature Offer : Type) (features : list Feature) (offers : list Offer)
    (eta : R) (seen : Offer -> Feature -> R) (g : nat -> (Feature -> R) -> Offer -> R)
    (theta phi : Feature -> R) :
  (forall j, In j offers -> kernel features phi (seen j) = 0) ->
  forall n, score features (train offers eta seen g theta n) phi = score features theta phi.
Proof.
  intros apart n; induction n as [| n IH]; [reflexivity |].
  rewrite <- IH; apply Rminus_diag_uniq; simpl; rewrite score_transfer.
  rewrite sum_zero; [ring |]; intros j inside; rewrite (apart j inside); ring.
Qed.
