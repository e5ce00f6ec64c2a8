(* Laws of POWER for rewards with finitely many values: bounds, monotonicity, mixtures,
   units. *)
From Coq Require Import Reals Lra List.
From PowerSeek Require Import Sums.
Import ListNotations.
Local Open Scope R_scope.

(* The largest value of f on the list b :: l. *)
Fixpoint best {A : Type} (f : A -> R) (b : A) (l : list A) : R :=
  match l with
  | [] => f b
  | a :: l => Rmax (f b) (best f a l)
  end.

Lemma best_ge {A : Type} (f : A -> R) l : forall b a, In a (b :: l) -> f a <= best f b l.
Proof.
  induction l as [| c l IH]; intros b a inside; simpl in *.
  - destruct inside as [-> | []]; lra.
  - destruct inside as [-> | inside]; [apply Rmax_l |].
    apply Rle_trans with (best f c l); [now apply IH | apply Rmax_r].
Qed.

Lemma best_le {A : Type} (f : A -> R) (m : R) l :
  forall b, (forall a, In a (b :: l) -> f a <= m) -> best f b l <= m.
Proof.
  induction l as [| c l IH]; intros b below; simpl in *.
  - apply below; now left.
  - apply Rmax_lub; [apply below; now left | apply IH; intros; apply below; now right].
Qed.

Lemma best_incl {A : Type} (f : A -> R) b l c m :
  incl (b :: l) (c :: m) -> best f b l <= best f c m.
Proof. intros sub; apply best_le; intros a inside; now apply best_ge, sub. Qed.

Lemma best_affine {A : Type} (f g : A -> R) (k d : R) l :
  0 <= k -> forall b, (forall a, In a (b :: l) -> g a = k * f a + d) ->
  best g b l = k * best f b l + d.
Proof.
  intros nonneg; induction l as [| c l IH]; intros b same; simpl in *.
  - apply same; now left.
  - rewrite (same b (or_introl eq_refl)), IH by (intros; apply same; now right).
    set (x := f b); set (y := best f c l).
    assert (x <= y -> k * x <= k * y) by (intros; now apply Rmult_le_compat_l).
    assert (y <= x -> k * y <= k * x) by (intros; now apply Rmult_le_compat_l).
    unfold Rmax; repeat destruct Rle_dec; lra.
Qed.

Section Power.
Context {State Policy Outcome : Type}.
Variable states : list State.

(* A policy's future: how it spreads discounted time over the states after this one,
   (1 - gamma)/gamma (f - e_s), where f is its visit distribution from s. *)
Definition future (gamma : R) (f : Policy -> State -> R) (here : State -> R) : Policy -> State -> R :=
  fun p x => (1 - gamma) / gamma * (f p x - here x).

Definition reward_of (r : State -> R) (g : State -> R) : R := sum states (fun x => g x * r x).

(* POWER: mean over rewards r w (w of weight mu w) of the best policy's normalised return
   after the first step; the policies are p :: ps. *)
Definition POWER (outcomes : list Outcome) (mu : Outcome -> R) (r : Outcome -> State -> R)
    (g : Policy -> State -> R) (p : Policy) (ps : list Policy) : R :=
  sum outcomes (fun w => mu w * best (fun p => reward_of (r w) (g p)) p ps).
End Power.

(* Visit distributions lie above the indicator of the state they start from and have total
   1/(1 - gamma), so futures are probability distributions. *)
Theorem future_is_distribution (State Policy : Type) (states : list State) (gamma : R)
    (f : Policy -> State -> R) (here : State -> R) (p : Policy) :
  0 < gamma < 1 ->
  (forall x, In x states -> here x <= f p x) ->
  sum states here = 1 -> sum states (f p) = 1 / (1 - gamma) ->
  distribution states (future gamma f here p).
Proof.
  intros [g0 g1] above one total; split.
  - intros x inside; unfold future.
    apply Rmult_le_pos; [| specialize (above x inside); lra].
    apply Rlt_le, Rdiv_lt_0_compat; lra.
  - unfold future; rewrite sum_scal.
    rewrite (sum_ext states _ (fun x => f p x + -1 * here x)) by (intros; ring).
    rewrite sum_add, sum_scal, one, total; field; lra.
Qed.

Theorem power_bounds (State Policy Outcome : Type) (states : list State)
    (outcomes : list Outcome) (mu : Outcome -> R) (r : Outcome -> State -> R)
    (g : Policy -> State -> R) (p : Policy) (ps : list Policy) (mean : R) (top : Outcome -> R) :
  distribution outcomes mu ->
  (forall p', In p' (p :: ps) -> distribution states (g p')) ->
  (forall x, In x states -> sum outcomes (fun w => mu w * r w x) = mean) ->
  (forall w x, In w outcomes -> In x states -> r w x <= top w) ->
  mean <= POWER states outcomes mu r g p ps <= sum outcomes (fun w => mu w * top w).
Proof.
  intros dist futures level highest; split.
  - apply Rle_trans with (sum outcomes (fun w => mu w * reward_of states (r w) (g p))).
    + rewrite (sum_ext outcomes _ (fun w => sum states (fun x => g p x * (mu w * r w x)))).
      * rewrite sum_swap, (sum_ext states _ (fun x => g p x * mean)).
        -- rewrite mean_const; [lra | apply futures; now left].
        -- intros x inside; rewrite sum_scal, (level x inside); reflexivity.
      * intros w _; unfold reward_of; rewrite <- sum_scal.
        apply sum_ext; intros; ring.
    + apply mean_le; [assumption |]; intros w _.
      apply (best_ge (fun p => reward_of states (r w) (g p))); now left.
  - apply mean_le; [assumption |]; intros w inside.
    apply best_le; intros p' known; unfold reward_of.
    rewrite <- (mean_const states (g p') (top w)) by now apply futures.
    apply mean_le; [now apply futures | intros x here; now apply highest].
Qed.

(* More policies to choose from never lower POWER. *)
Theorem power_monotone (State Policy Outcome : Type) (states : list State)
    (outcomes : list Outcome) (mu : Outcome -> R) (r : Outcome -> State -> R)
    (g : Policy -> State -> R) (p p' : Policy) (ps ps' : list Policy) :
  distribution outcomes mu -> incl (p :: ps) (p' :: ps') ->
  POWER states outcomes mu r g p ps <= POWER states outcomes mu r g p' ps'.
Proof.
  intros dist more; apply mean_le; [assumption |]; intros w _; now apply best_incl.
Qed.

(* The POWER of a mixture of reward distributions is the mixture of their POWERs. *)
Theorem power_mixture (State Policy Outcome : Type) (states : list State)
    (outcomes : list Outcome) (mu nu : Outcome -> R) (r : Outcome -> State -> R)
    (g : Policy -> State -> R) (p : Policy) (ps : list Policy) (l : R) :
  POWER states outcomes (fun w => l * mu w + (1 - l) * nu w) r g p ps
  = l * POWER states outcomes mu r g p ps + (1 - l) * POWER states outcomes nu r g p ps.
Proof.
  unfold POWER; rewrite <- !sum_scal, <- sum_add; apply sum_ext; intros; ring.
Qed.

(* Rewards in other units: POWER scales and shifts with them. *)
Theorem power_affine (State Policy Outcome : Type) (states : list State)
    (outcomes : list Outcome) (mu : Outcome -> R) (r : Outcome -> State -> R)
    (g : Policy -> State -> R) (p : Policy) (ps : list Policy) (k d : R) :
  0 <= k -> distribution outcomes mu ->
  (forall p', In p' (p :: ps) -> distribution states (g p')) ->
  POWER states outcomes mu (fun w x => k * r w x + d) g p ps
  = k * POWER states outcomes mu r g p ps + d.
Proof.
  intros nonneg dist futures; unfold POWER.
  rewrite <- (mean_const outcomes mu d) at 1 by assumption.
  rewrite <- sum_scal, <- sum_add; apply sum_ext; intros w _.
  rewrite (best_affine (fun p => reward_of states (r w) (g p)) _ k d).
  - ring.
  - assumption.
  - intros p' known; unfold reward_of.
    rewrite <- (mean_const states (g p') d) at 1 by now apply futures.
    rewrite <- sum_scal, <- sum_add; apply sum_ext; intros; ring.
Qed.
