(* Retargetability: counting the parameters that point a decision-maker one way or another. *)
From mathcomp Require Import all_ssreflect all_algebra.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Retargetable.
Context {F : realDomainType} {Theta : finType} {n : nat}.
Implicit Types (t u : Theta) (chance_a chance_b : Theta -> F) (phi : 'I_n -> Theta -> Theta).

(* Parameters under which the first set is the likelier choice. *)
Definition prefer chance_a chance_b : {set Theta} := [set t | chance_b t < chance_a t].

(* n ways to change a parameter, each of which turns every preference for a into one for b;
   what they make of parameters that prefer a is all different. *)
Definition retargetable chance_a chance_b phi : Prop :=
  [/\ forall i t, t \in prefer chance_a chance_b -> phi i t \in prefer chance_b chance_a,
      forall i, {in prefer chance_a chance_b &, injective (phi i)}
    & forall i j t u, t \in prefer chance_a chance_b -> u \in prefer chance_a chance_b ->
        phi i t = phi j u -> i = j].
End Retargetable.

Theorem retargetability (F : realDomainType) (Theta : finType) (n : nat)
    (chance_a chance_b : Theta -> F) (phi : 'I_n -> Theta -> Theta) :
  retargetable chance_a chance_b phi ->
  (n * #|prefer chance_a chance_b| <= #|prefer chance_b chance_a|)%N.
Proof.
move=> [turns inj apart].
set S := setX [set: 'I_n] (prefer chance_a chance_b).
have <- : #|S| = (n * #|prefer chance_a chance_b|)%N by rewrite cardsX cardsT card_ord.
have one : {in S &, injective (fun p : 'I_n * Theta => phi p.1 p.2)}.
  move=> [i t] [j u] /setXP[_ /= tA] /setXP[_ /= uA] same.
  move: (same); rewrite (apart i j t u tA uA same) => e.
  by rewrite (inj j t u tA uA e).
rewrite -(card_in_imset one); apply/subset_leq_card/subsetP => v /imsetP[[i t]].
by move=> /setXP[_ /= tA] ->; apply: turns.
Qed.

(* n copies of a in b retarget every rule that names do not matter to: moves g i swap a with
   its i-th copy and leave the other copies where they are. *)
Theorem copies_retarget (F : realDomainType) (Theta : finType) (Options : Type) (n : nat)
    (P : Options -> Theta -> F) (a b : Options) (copy : 'I_n -> Options)
    (g : 'I_n -> Options -> Options) (phi : 'I_n -> Theta -> Theta) :
  (forall i, injective (phi i)) ->
  (forall i x t, P (g i x) (phi i t) = P x t) ->
  (forall i, g i a = copy i /\ g i (copy i) = a) ->
  (forall i j, i != j -> g i (copy j) = copy j) ->
  (forall i t, P (copy i) t <= P b t) ->
  retargetable (P a) (P b) phi.
Proof.
move=> inj same swap stay part.
have at_a i t : P (copy i) (phi i t) = P a t by rewrite -(swap i).1 same.
have at_copy i t : P a (phi i t) = P (copy i) t by rewrite -{1}(swap i).2 same.
have at_other i j t : i != j -> P (copy j) (phi i t) = P (copy j) t.
  by move=> ij; rewrite -{1}(stay i j ij) same.
split=> [i t|i t u _ _|i j t u].
- rewrite !inE at_copy => more; apply: le_lt_trans (part i t) _.
  by apply: lt_le_trans more _; rewrite -(at_a i t).
- exact: inj.
- rewrite !inE => tA uA e; apply/eqP; apply: contraT => ij.
  have above k l v : k != l -> P b v < P a v -> P (copy l) (phi k v) < P (copy k) (phi k v).
    by move=> kl more; rewrite at_other // at_a; apply: le_lt_trans (part l v) more.
  have one := above i j t ij tA; have := above j i u _ uA.
  by rewrite eq_sym -e => /(_ ij) /lt_trans /(_ one); rewrite ltxx.
Qed.
