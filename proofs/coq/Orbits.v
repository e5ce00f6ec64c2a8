(* Counting the permutations of a reward vector that prefer one set of outcomes to another. *)
From mathcomp Require Import all_ssreflect all_algebra all_fingroup.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Best.
Context {F : realDomainType} {n : nat}.
Implicit Types (r : 'I_n -> F) (s : {perm 'I_n}) (A B : {set 'I_n}) (i j : 'I_n).

(* Outcome i is worth more than every other outcome of a set, under the rewards r o s. *)
Definition strictly_best r A s i : bool :=
  [forall j in A, (j != i) ==> (r (s j) < r (s i))].

(* The set A is preferred to B: some outcome of A is worth more than all of B. *)
Definition prefers r A B s : bool :=
  [exists i in A, forall j in B, r (s j) < r (s i)].

(* Of distinct rewards over a set, exactly one is the best. *)
Lemma best_unique r A s i j :
  i \in A -> j \in A -> strictly_best r A s i -> strictly_best r A s j -> i = j.
Proof.
move=> iA jA /forall_inP bi /forall_inP bj; apply/eqP; apply: contraT => differ.
have := implyP (bj i iA) differ; have := implyP (bi j jA).
by rewrite eq_sym differ => /(_ isT) /lt_trans lt /lt; rewrite ltxx.
Qed.

Lemma best_exists r A s i0 :
  injective r -> i0 \in A -> exists2 i, i \in A & strictly_best r A s i.
Proof.
move=> inj i0A.
case: (@Order.TotalTheory.arg_maxP _ _ _ i0 (mem A) (fun i => r (s i)) i0A) => i iA top.
exists i => //; apply/forall_inP => j jA; apply/implyP => differ.
have : r (s j) <= r (s i) by exact: top.
rewrite le_eqVlt => /orP[/eqP /inj /perm_inj e | //].
by rewrite e eqxx in differ.
Qed.
End Best.

Section Count.
Context {F : realDomainType} {n : nat}.
Variables (r : 'I_n -> F) (A : {set 'I_n}).

Definition times_best (i : 'I_n) : nat := #|[set s | strictly_best r A s i]|.

(* Swapping two outcomes makes each as often the best as the other. *)
Lemma times_best_le i j : i \in A -> j \in A -> (times_best i <= times_best j)%N.
Proof.
move=> iA jA; rewrite /times_best -(card_imset _ (@mulgI _ (tperm i j))).
apply/subset_leq_card/subsetP => t /imsetP[s]; rewrite !inE => /forall_inP bi ->.
apply/forall_inP => k kA; apply/implyP => kj; rewrite !permM tpermR.
have pA : tperm i j k \in A by case: tpermP => // _; rewrite ?iA ?jA.
apply: (implyP (bi _ pA)); apply: contra kj => /eqP e.
by rewrite -(tpermK i j k) e tpermL.
Qed.

Lemma times_best_eq i j : i \in A -> j \in A -> times_best i = times_best j.
Proof. by move=> iA jA; apply/eqP; rewrite eqn_leq !times_best_le. Qed.
End Count.

(* Among all permutations of distinct rewards, the votes for A over B and for B over A are
   as |A| to |B|: with |A| = k and |B| = 1, a share k / (k + 1) prefers A. *)
Theorem orbit_share (F : realDomainType) (n : nat) (r : 'I_n -> F) (A B : {set 'I_n}) :
  injective r -> [disjoint A & B] ->
  (#|[set s : {perm 'I_n} | prefers r A B s]| * #|B|
   = #|[set s : {perm 'I_n} | prefers r B A s]| * #|A|)%N.
Proof.
move=> inj disj.
have count : forall C D : {set 'I_n}, [disjoint C & D] -> D != set0 ->
    #|[set s | prefers r C D s]| = (\sum_(i in C) times_best r (C :|: D) i)%N.
  move=> C D apart some.
  rewrite -sum1_card big_mkcond /=.
  under [RHS]eq_bigr do rewrite /times_best -sum1_card big_mkcond /=.
  rewrite exchange_big /=; apply: eq_bigr => s _; rewrite inE.
  case: ifP => [|no].
    case/exists_inP => i iC /forall_inP above.
    have [b bU best_b] := best_exists r (C :|: D) s i inj (subsetP (subsetUl C D) i iC).
    have bC : b \in C.
      case/setUP: (bU) => // bD; have := above b bD => lt_bi.
      have iU : i \in C :|: D by rewrite inE iC.
      have ib : i != b by apply/eqP => e; move: lt_bi; rewrite e ltxx.
      have := implyP (forall_inP best_b i iU) ib => lt_ib.
      by have := lt_trans lt_bi lt_ib; rewrite ltxx.
    rewrite (bigD1 b) //= inE best_b big1 ?addn0 // => c /andP[cC cb].
    rewrite inE; case: ifP => // best_c.
    have cU : c \in C :|: D by rewrite inE cC.
    by move: cb; rewrite (best_unique r _ s c b cU bU best_c best_b) eqxx.
  rewrite big1 // => i iC; rewrite inE; case: ifP => // best_i.
  have : prefers r C D s.
    apply/exists_inP; exists i => //; apply/forall_inP => j jD.
    apply: (implyP (forall_inP best_i j _)); first by rewrite inE jD orbT.
    by apply/eqP => e; move/pred0P: apart => /(_ i) /=; rewrite iC -e jD.
  by rewrite no.
have [B0|someB] := eqVneq B set0.
  rewrite B0 cards0 muln0; apply/esym/eqP; rewrite muln_eq0; apply/orP; left.
  rewrite cards_eq0; apply/eqP/setP => s; rewrite !inE; apply/exists_inP => -[i].
  by rewrite inE.
have [A0|someA] := eqVneq A set0.
  rewrite A0 cards0 muln0; apply/eqP; rewrite muln_eq0; apply/orP; left.
  rewrite cards_eq0; apply/eqP/setP => s; rewrite !inE; apply/exists_inP => -[i].
  by rewrite inE.
have apart : [disjoint B & A] by rewrite disjoint_sym.
rewrite (count A B) // (count B A) // setUC.
have /set0Pn[a aA] := someA.
set U := B :|: A.
have const : forall C : {set 'I_n}, C \subset U ->
    (\sum_(i in C) times_best r U i = #|C| * times_best r U a)%N.
  move=> C /subsetP sub; rewrite -sum_nat_const; apply: eq_bigr => i iC.
  by apply: times_best_eq; [exact: sub | rewrite inE aA orbT].
rewrite (const A) ?subsetUr // (const B) ?subsetUl //.
by rewrite mulnAC [RHS]mulnAC (mulnC #|A| #|B|).
Qed.
