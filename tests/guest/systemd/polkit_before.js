// What polkitd offers to its rules, as far as ours use it.
var rules = [];
var polkit = {
  Result: { NO: "no", YES: "yes", NOT_HANDLED: null },
  addRule: function (rule) { rules.push(rule); }
};
