// Who asks for what, and what the rules say to it, all of them in their order.
var MANAGE = "org.freedesktop.systemd1.manage-units";

function decide(user, id, details) {
  var action = { id: id, lookup: function (key) { return details[key]; } };
  for (var i = 0; i < rules.length; ++i) {
    var result = rules[i](action, { user: user });
    if (result !== null && result !== undefined) { return result; }
  }
  return "not handled";
}

var failed = 0;
function expect(wanted, user, id, details) {
  var got = decide(user, id, details);
  var what = user + " " + id.replace("org.freedesktop.", "") + " " +
    JSON.stringify(details) + ": " + wanted;
  if (got !== wanted) { ++failed; what += ", but got " + got; }
  print((got === wanted ? "ok      " : "not ok  ") + what);
}
function unit(wanted, verb, name) {
  expect(wanted, "noonmark-corrector", MANAGE, { verb: verb, unit: name });
}

// Its mail, and the time daemons.
["dovecot.service", "postfix@-.service", "postfix@out-1.service",
 "postfix@a\\x2db.service", "exim4.service", "cyrus-imapd.service"
].forEach(function (name) {
  ["start", "stop", "reload"].forEach(function (verb) { unit("yes", verb, name); });
  ["restart", "kill", "set-property", "freeze", "reset-failed", "enable", ""
  ].forEach(function (verb) { unit("no", verb, name); });
});
["chrony.service", "ntpsec.service", "openntpd.service",
 "systemd-timesyncd.service"].forEach(function (name) {
  ["start", "stop"].forEach(function (verb) { unit("yes", verb, name); });
  unit("no", "reload", name);
});

// Its own helpers, each by its own verbs.
["start", "stop"].forEach(function (verb) {
  unit("yes", verb, "noonmark-hold.service");
  unit("yes", verb, "noonmark-resume.timer");
});
unit("yes", "start", "noonmark-hook@stalwart-1.service");
unit("yes", "start", "noonmark-login-probe.service");
unit("yes", "start", "noonmark-action@dovecot-unannounced.service");
unit("yes", "start", "noonmark-action@postfix-step.service");
unit("yes", "start", "noonmark-action@chrony-before-start.service");
unit("no", "stop", "noonmark-action@postfix-step.service");
unit("no", "start", "noonmark-action@cyrus-step.service");
unit("no", "start", "noonmark-action@postfix-before-start.service");
unit("no", "start", "noonmark-action@..-..-evil.service");
unit("no", "start", "noonmark-hook@../../tmp/x.service");
unit("no", "start", "noonmark-hook@UPPER.service");
unit("no", "start", "noonmark-resume.service");
unit("no", "stop", "noonmark-agent.service");
unit("no", "stop", "noonmark-corrector.service");
unit("no", "reload", "noonmark-hold.service");

// What it never gets, nor by a name that only looks right.
["ssh.service", "sshd.service", "ssh.socket", "dbus.service", "dbus.socket",
 "systemd-logind.service", "systemd-journald.service", "rescue.target",
 "poweroff.target", "multi-user.target", "debug-shell.service",
 "cron.service", "dovecot.service.evil", "xdovecot.service", "dovecot",
 "dovecotXservice", "postfix.service", "postfix@.service", "postfix@a/b.service",
 "postfix@-.service\nssh.service", "dovecot.socket", "evil.mount", "user@0.service"
].forEach(function (name) {
  ["start", "stop", "reload"].forEach(function (verb) { unit("no", verb, name); });
});
// A transient unit has no name in what polkit is asked.
expect("no", "noonmark-corrector", MANAGE, {});
expect("no", "noonmark-corrector", MANAGE, { verb: "start" });
expect("no", "noonmark-corrector", MANAGE, { unit: "dovecot.service" });
["org.freedesktop.systemd1.manage-unit-files",
 "org.freedesktop.systemd1.reload-daemon",
 "org.freedesktop.systemd1.set-environment",
 "org.freedesktop.timedate1.set-time", "org.freedesktop.login1.reboot",
 "org.freedesktop.policykit.exec"].forEach(function (id) {
  expect("no", "noonmark-corrector", id,
         { verb: "start", unit: "dovecot.service" });
});

// Everybody else is none of our business: least of all the agent gets more.
["noonmark-agent", "noonmark", "root", "alice"].forEach(function (user) {
  ["dovecot.service", "noonmark-hold.service", "ssh.service"
  ].forEach(function (name) {
    expect("not handled", user, MANAGE, { verb: "start", unit: name });
  });
  expect("not handled", user, "org.freedesktop.timedate1.set-time", {});
});

if (failed > 0) { throw new Error(failed + " decisions are wrong"); }
