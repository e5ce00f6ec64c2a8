"""The theorems, one module each; the ledger is `powerseek.proofs.index`."""
