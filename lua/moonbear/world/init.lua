-- The per-rank script environment; called once with moonbear.core.
return
