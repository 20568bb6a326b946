// After `noonmark-corrector profile install`, of a profile with two units.
unit("yes", "stop", "stalwart.service");
unit("yes", "start", "stalwart@a.service");
unit("yes", "start", "noonmark-action@stalwart-step.service");
unit("no", "start", "noonmark-action@stalwart-unannounced.service");
unit("no", "start", "stalwart-x.service");
if (failed > 0) { throw new Error(failed + " decisions are wrong"); }
