"""The window: shows and asks. It knows the verbs of `kkassist.actions`, and no SQL, network or keyring."""
