(* Two circuits that push towards power: one where it is needed, one always. What training
   signals can and cannot tell apart. *)
From Coq Require Import Reals Lra List.
From PowerSeek Require Import Sums.
Local Open Scope R_scope.

(* A signal of weight g reaches a circuit in proportion to the circuit's activation. *)
Definition gradient {Offer : Type} (offers : list Offer) (activation : Offer -> R)
    (g : Offer -> R) : R :=
  sum offers (fun j => g j * activation j).

(* Weights of the two circuits: instrumental and intrinsic. *)
Definition push {Offer : Type} (offers : list Offer) (eta : R) (needed always : Offer -> R)
    (g : Offer -> R) (w : R * R) : R * R :=
  (fst w + eta * gradient offers needed g, snd w + eta * gradient offers always g).

(* n updates by signals that may depend on time, on the weights and on context and action. *)
Fixpoint train {Offer : Type} (offers : list Offer) (eta : R) (needed always : Offer -> R)
    (g : nat -> R * R -> Offer -> R) (n : nat) : R * R :=
  match n with
  | O => (0, 0)
  | S n => let w := train offers eta needed always g n in push offers eta needed always (g n w) w
  end.

Definition score (w : R * R) (needed always : R) : R := fst w * needed + snd w * always.

(* Where power is always needed both circuits are active alike, every signal has equal
   gradients for them, and however training goes, what a context without need inherits is
   exactly half of what was learnt. *)
Theorem indistinguishability (Offer : Type) (offers : list Offer) (eta : R)
    (needed always : Offer -> R) (g : nat -> R * R -> Offer -> R) :
  (forall j, In j offers -> needed j = always j) ->
  (forall h, gradient offers needed h = gradient offers always h) /\
  forall n, let w := train offers eta needed always g n in
    fst w = snd w /\ score w 0 1 = score w 1 1 / 2.
Proof.
  intros same.
  assert (E : forall h, gradient offers needed h = gradient offers always h).
  { intros h; apply sum_ext; intros j inside; now rewrite (same j inside). }
  split; [exact E |].
  assert (W : forall n, fst (train offers eta needed always g n)
                        = snd (train offers eta needed always g n)).
  { induction n as [| n IH]; [reflexivity |]; simpl; rewrite E; simpl in IH; lra. }
  intros n w; split; [apply W |]; unfold score, w; rewrite W; lra.
Qed.

(* A penalty on the intrinsic circuit's own activation, strength lambda, read off with the
   need signal ablated; G is the push that both circuits share. *)
Fixpoint supervised (eta lambda : R) (G : nat -> R) (n : nat) : R * R :=
  match n with
  | O => (0, 0)
  | S n => let w := supervised eta lambda G n in
      (fst w + eta * G n, snd w + eta * (G n - lambda * snd w))
  end.

(* However long training goes on the intrinsic circuit stays below bound / lambda, while
   the instrumental one keeps all that was learnt. *)
Theorem separation (eta lambda bound : R) (G : nat -> R) :
  0 < eta -> 0 < lambda -> eta * lambda <= 1 -> (forall n, 0 <= G n <= bound) ->
  forall n, let w := supervised eta lambda G n in
    0 <= snd w <= bound / lambda /\ snd w <= fst w /\
    fst w = eta * sum (seq 0 n) G.
Proof.
  intros e0 l0 el low.
  assert (B : forall n, let w := supervised eta lambda G n in
                0 <= snd w <= bound / lambda /\ snd w <= fst w).
  { induction n as [| n [[w0 wb] ww]].
    - simpl; specialize (low 0%nat); repeat split; try lra.
      apply Rmult_le_pos; [lra | now apply Rlt_le, Rinv_0_lt_compat].
    - cbv zeta in *; cbn [supervised fst snd].
      set (v := snd (supervised eta lambda G n)) in *.
      set (u := fst (supervised eta lambda G n)) in *.
      specialize (low n); destruct low as [g0 gb].
      assert (split_ : v + eta * (G n - lambda * v) = (1 - eta * lambda) * v + eta * G n) by ring.
      assert (0 <= (1 - eta * lambda) * v) by (apply Rmult_le_pos; lra).
      assert (0 <= eta * G n) by (apply Rmult_le_pos; lra).
      assert ((1 - eta * lambda) * v <= (1 - eta * lambda) * (bound / lambda))
        by (apply Rmult_le_compat_l; lra).
      assert (eta * G n <= eta * bound) by (apply Rmult_le_compat_l; lra).
      assert ((1 - eta * lambda) * (bound / lambda) + eta * bound = bound / lambda)
        by (field; lra).
      assert (0 <= eta * (lambda * v)) by (repeat apply Rmult_le_pos; lra).
      repeat split; lra. }
  assert (F : forall n, fst (supervised eta lambda G n) = eta * sum (seq 0 n) G).
  { assert (S_last : forall n k, sum (seq k (S n)) G = sum (seq k n) G + G (k + n)%nat).
    { induction n as [| n IH]; intros k.
      - simpl; rewrite PeanoNat.Nat.add_0_r; lra.
      - change (sum (seq k (S (S n))) G) with (G k + sum (seq (S k) (S n)) G).
        rewrite IH; change (sum (seq k (S n)) G) with (G k + sum (seq (S k) n) G).
        replace (S k + n)%nat with (k + S n)%nat by (rewrite <- PeanoNat.Nat.add_succ_comm; reflexivity).
        lra. }
    induction n as [| n IH]; [simpl; lra |].
    rewrite S_last; cbn [supervised fst]; rewrite IH; simpl; lra. }
  intros n w; destruct (B n) as [b1 b2]; split; [exact b1 | split; [exact b2 | apply F]].
Qed.
