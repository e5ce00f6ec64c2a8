(* POWER at two discount rates: how far apart it can be. *)
From Coq Require Import Reals Lra List.
From PowerSeek Require Import Sums PowerBounds.
Import ListNotations.
Local Open Scope R_scope.

Section Discount.
Context {State : Type}.
Variable states : list State.

(* Product of two matrices over the states. *)
Definition product (A B : State -> State -> R) (s t : State) : R :=
  sum states (fun x => A s x * B x t).

Lemma product_assoc A B C s t :
  product (product A B) C s t = product A (product B C) s t.
Proof.
  unfold product.
  rewrite (sum_ext states _ (fun x => sum states (fun y => A s y * B y x * C x t))).
  - rewrite sum_swap; apply sum_ext; intros y _; rewrite <- sum_scal.
    apply sum_ext; intros; ring.
  - intros x _; rewrite Rmult_comm, <- sum_scal; apply sum_ext; intros; ring.
Qed.

(* The future of a policy with transition matrix P: next states, discounted,
   D = (1 - gamma) P + gamma P D; first and last step can be told apart either way. *)
Definition is_future (gamma : R) (P D : State -> State -> R) : Prop :=
  forall s t, D s t = (1 - gamma) * P s t + gamma * product P D s t /\
              D s t = (1 - gamma) * P s t + gamma * product D P s t.

(* The future at a larger discount rate: with probability 1 - lam the future at the smaller
   one, else that of where it ends. *)
Theorem future_at_two_rates (g h : R) (P D E : State -> State -> R) :
  0 < g < h -> h < 1 -> is_future g P D -> is_future h P E ->
  let lam := (h - g) / (1 - g) in
  forall s t, E s t = (1 - lam) * D s t + lam * product D E s t.
Proof.
  intros [g0 gh] h1 dD dE lam s t.
  assert (DE : product D E s t
               = (1 - g) * product P E s t + g * product (product D P) E s t).
  { unfold product at 1 2 3; rewrite <- !sum_scal, <- sum_add; apply sum_ext; intros x _.
    rewrite (proj2 (dD s x)); ring. }
  assert (DPE : product D E s t
                = (1 - h) * product D P s t + h * product (product D P) E s t).
  { rewrite product_assoc; unfold product at 1 2 3.
    rewrite <- !sum_scal, <- sum_add; apply sum_ext; intros x _.
    rewrite (proj1 (dE x t)); unfold product; ring. }
  pose proof (proj2 (dD s t)) as F; pose proof (proj1 (dE s t)) as G.
  set (de := product D E s t) in *; set (dpe := product (product D P) E s t) in *.
  set (dp := product D P s t) in *; set (pe := product P E s t) in *.
  unfold lam; apply Rmult_eq_reg_l with (1 - g); [| lra].
  replace ((1 - g) * ((1 - (h - g) / (1 - g)) * D s t + (h - g) / (1 - g) * de))
    with ((1 - h) * D s t + (h - g) * de) by (field; lra).
  (* h g times both sides, in terms of P, dp, pe and de *)
  assert (dpe = (de - (1 - h) * dp) / h) by (rewrite DPE at 1; field; lra).
  assert (pe1 : (1 - g) * pe = de - g * dpe) by lra.
  apply Rmult_eq_reg_l with h; [| lra].
  replace (h * ((1 - g) * E s t)) with
    (h * (1 - g) * (1 - h) * P s t + h * h * ((1 - g) * pe)) by (rewrite G; ring).
  rewrite pe1, H, F; field; lra.
Qed.

Lemma reward_of_product D E (r : State -> R) s :
  sum states (fun t => product D E s t * r t)
  = sum states (fun x => D s x * sum states (fun t => E x t * r t)).
Proof.
  unfold product.
  rewrite (sum_ext states _ (fun t => sum states (fun x => D s x * (E x t * r t)))).
  - rewrite sum_swap; apply sum_ext; intros x _; now rewrite sum_scal.
  - intros t _; rewrite Rmult_comm, <- sum_scal; apply sum_ext; intros; ring.
Qed.
End Discount.

Lemma best_close {A : Type} (f f' : A -> R) (c : R) l :
  forall b, (forall a, In a (b :: l) -> f' a - c <= f a <= f' a + c) ->
  best f' b l - c <= best f b l <= best f' b l + c.
Proof.
  induction l as [| d l IH]; intros b close; simpl in *.
  - apply close; now left.
  - specialize (IH d (fun a inside => close a (or_intror inside))).
    specialize (close b (or_introl eq_refl)).
    unfold Rmax; repeat destruct Rle_dec; lra.
Qed.

(* For every reward let lo and hi be its bounds over the states. *)
Theorem power_lipschitz (State Policy Outcome : Type) (states : list State)
    (outcomes : list Outcome) (mu lo hi : Outcome -> R) (r : Outcome -> State -> R)
    (P D E : Policy -> State -> State -> R) (p : Policy) (ps : list Policy) (s : State)
    (g h : R) :
  0 < g < h -> h < 1 -> In s states -> distribution outcomes mu ->
  (forall w x, In w outcomes -> In x states -> lo w <= r w x <= hi w) ->
  (forall p' x, In p' (p :: ps) -> In x states ->
     distribution states (D p' x) /\ distribution states (E p' x)) ->
  (forall p', In p' (p :: ps) ->
     is_future states g (P p') (D p') /\ is_future states h (P p') (E p')) ->
  Rabs (POWER states outcomes mu r (fun p' => E p' s) p ps
        - POWER states outcomes mu r (fun p' => D p' s) p ps)
  <= (h - g) / (1 - g) * sum outcomes (fun w => mu w * (hi w - lo w)).
Proof.
  intros rates h1 here dist bounds futures flows.
  set (lam := (h - g) / (1 - g)).
  assert (l0 : 0 <= lam) by (unfold lam; apply Rlt_le, Rdiv_lt_0_compat; lra).
  assert (mean : forall w f, In w outcomes -> distribution states f ->
            lo w <= sum states (fun x => f x * r w x) <= hi w).
  { intros w f known df; split.
    - rewrite <- (mean_const states f (lo w)) at 1 by assumption.
      apply mean_le; [assumption | intros x inside; now apply bounds].
    - rewrite <- (mean_const states f (hi w)) by assumption.
      apply mean_le; [assumption | intros x inside; now apply bounds]. }
  assert (each : forall w, In w outcomes -> let c := lam * (hi w - lo w) in
            best (fun p' => reward_of states (r w) (D p' s)) p ps - c
            <= best (fun p' => reward_of states (r w) (E p' s)) p ps
            <= best (fun p' => reward_of states (r w) (D p' s)) p ps + c).
  { intros w known c; apply best_close; intros p' inside.
    destruct (futures p' s inside here) as [fD fE]; destruct (flows p' inside) as [dD dE].
    unfold reward_of.
    rewrite (sum_ext states (fun x => E p' s x * r w x)
      (fun x => (1 - lam) * (D p' s x * r w x)
                + lam * (product states (D p') (E p') s x * r w x))).
    2:{ intros x _; rewrite (future_at_two_rates states g h (P p') (D p') (E p')) by assumption.
        fold lam; ring. }
    rewrite sum_add, !sum_scal, reward_of_product.
    pose proof (mean w (D p' s) known fD) as now.
    set (v := sum states (fun x => D p' s x * r w x)) in *.
    set (later := sum states (fun x => D p' s x * sum states (fun t => E p' x t * r w t))).
    assert (lo w <= later <= hi w).
    { unfold later; split.
      - rewrite <- (mean_const states (D p' s) (lo w)) at 1 by assumption.
        apply mean_le; [assumption |]; intros x ix; apply mean; [assumption |].
        now apply (futures p' x inside ix).
      - rewrite <- (mean_const states (D p' s) (hi w)) by assumption.
        apply mean_le; [assumption |]; intros x ix; apply mean; [assumption |].
        now apply (futures p' x inside ix). }
    unfold c; assert (lam * (lo w - hi w) <= lam * (later - v) <= lam * (hi w - lo w)).
    { split; apply Rmult_le_compat_l; lra. }
    lra. }
  destruct dist as [nonneg _]; unfold POWER; rewrite <- sum_scal.
  set (a := fun w => best (fun p' => reward_of states (r w) (D p' s)) p ps) in *.
  set (b := fun w => best (fun p' => reward_of states (r w) (E p' s)) p ps) in *.
  set (c := fun w => lam * (mu w * (hi w - lo w))).
  assert (up : sum outcomes (fun w => mu w * b w) <= sum outcomes (fun w => mu w * a w + c w)).
  { apply sum_le; intros w known.
    apply Rle_trans with (mu w * (a w + lam * (hi w - lo w))); [| unfold c; lra].
    apply Rmult_le_compat_l; [now apply nonneg | now apply (each w known)]. }
  assert (down : sum outcomes (fun w => mu w * a w) <= sum outcomes (fun w => mu w * b w + c w)).
  { apply sum_le; intros w known.
    apply Rle_trans with (mu w * (b w + lam * (hi w - lo w))); [| unfold c; lra].
    apply Rmult_le_compat_l; [now apply nonneg |].
    pose proof (proj1 (each w known)); unfold a, b in *; lra. }
  rewrite sum_add in up; rewrite sum_add in down; apply Rabs_le.
  fold a b c; unfold a, b, c in *; lra.
Qed.
