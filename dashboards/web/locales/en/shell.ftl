# What all pages share.
brand-name = Vigie
skip-to-content = Skip to content
nav-label = Main navigation
nav-alerts = Alerts
nav-trends = Trends
nav-inbox = Inbox
nav-inbox-short = Inbox
nav-search = Search
nav-waiting = { $count ->
    [one] { $count } case waits for someone
   *[other] { $count } cases wait for someone
}
brand-picker = Brand shown
brand-all = All brands
brand-choose = Show
language = Language
theme = Appearance
theme-auto = As the device
theme-light = Light
theme-dark = Dark
logout = Log out
menu = Settings and account
live-connecting = Connecting…
live-on = Live
live-lost = Connection lost, trying again…

login-title = Log in
login-lead = Vigie keeps watch over what is said about your brands.
login-name = User name
login-password = Password
login-submit = Log in
login-help = Forgot your password? Ask whoever runs Vigie for a login link.
login-wrong = This name and this password do not belong together. Check both and try again.
login-too-many = { $seconds ->
    [one] Too many tries. Try again in { $seconds } second.
   *[other] Too many tries. Try again in { $seconds } seconds.
}
login-link-lead = This link logs you in once, without a password.
login-link-open = Open Vigie
login-link-used = This link was used before or has expired. Log in with your password, or ask for a new link.

error-back = Back to alerts
error-not-found-title = There is no such page.
error-not-found-text = The address may be incomplete, or what it showed was removed.
error-login-needed-title = Log in first.
error-login-needed-text = Your session has ended or has not begun.
error-form-expired-title = This form has expired.
error-form-expired-text = Nothing was changed. Go back, reload the page and try again.
error-foreign-origin-title = This request comes from another site.
error-foreign-origin-text = Open Vigie at its usual address and start again from its pages.
error-bad-request-title = This request was not understood.
error-bad-request-text = A value is missing or has the wrong form. Go back and check what you entered.
error-conflict-title = Somebody was faster.
error-conflict-text = Reload the page to see what changed, then decide again.
error-too-large-title = This is too large.
error-too-large-text = Nothing larger than 1 MB can be sent. Shorten it and try again.
error-too-many-tries-title = Too many tries.
error-too-many-tries-text = { $seconds ->
    [one] Try again in { $seconds } second.
   *[other] Try again in { $seconds } seconds.
}
error-unavailable-title = A part of Vigie does not answer.
error-unavailable-text = Everything else goes on. Try again in a moment; if it lasts, “vigie check” tells what is missing.
error-internal-title = Something failed on our side.
error-internal-text = Nothing that was confirmed is lost. Try again; if it happens again, the program’s log says more.

time-just-now = just now
time-ago = { $duration } ago
time-minutes = { $minutes } min
time-hours = { $hours } h
time-hours-minutes = { $hours } h { $minutes }
time-days = { $days } d
