package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// signInAs signs a person in at Microsoft with the password form.
func (h *house) signInAs(w *window, login string) {
	h.t.Helper()
	h.show(w, "/about/sign-in")
	w.do("type the password", chromedp.SendKeys(`input[name=login]`, login), chromedp.SendKeys(`input[name=password]`, h.passwordOf(login)),
		hit(`form:has(input[name=password]) button`), chromedp.WaitReady("body"))
}

// The add-in's own page wanted an administrator's password; so does this one, and it says what to do where that can't be.
func TestAnAdministratorRenewsAnAddInWithTheirOwnRights(t *testing.T) {
	t.Parallel()
	h := build(t, "helpdesk", "over: 60s", "over: 0s", "renewBefore: 30d", "renewBefore: 1d")
	w := open(t, throughProxy(h.cloud)...)
	w.wear(screens[0])
	h.signedIn(w)
	h.show(w, "/about")
	w.reads("keyturn doctor helpdesk --context-token-fd 0")
	w.reads("helpdesk")
	h.show(w, "/about/sign-in")
	w.accessible("ways to sign in")
	w.picture("own-rights-desk")
	h.signInAs(w, "mfa@contoso.onmicrosoft.com")
	w.reads("mfa.required")
	w.accessible("a sign-in that failed")
	h.signInAs(w, "admin@contoso.onmicrosoft.com")
	w.reads("You are signed in at Microsoft")
	w.accessible("signed in with own rights")
	w.do("leave", hit(`//main//button[.="Sign out"]`), chromedp.WaitVisible(`form:has(input[value=browser])`))
	w.toMicrosoft()
	w.atMicrosoft(h, "mfa@contoso.onmicrosoft.com")
	w.do("give the second factor", chromedp.WaitVisible("input[name=otc]"), chromedp.SendKeys("input[name=otc]", "246810"),
		hit(`form[action="/common/login"] button`))
	w.until("the browser is back on this computer", `location.hostname === "localhost" && document.readyState === "complete"`)
	h.show(w, "/about/sign-in")
	w.reads("mfa@contoso.onmicrosoft.com")
	w.do("leave", hit(`//main//button[.="Sign out"]`), chromedp.WaitVisible(`form:has(input[value=browser])`))
	h.signInAs(w, "admin@contoso.onmicrosoft.com")
	w.reads("You are signed in at Microsoft")
	h.show(w, "/applications/helpdesk")
	w.press("Renew")
	w.reads("With my own rights")
	w.do("with own rights", hit(`a[href$="asPerson=yes"]`), chromedp.WaitReady("body"))
	w.reads("With your own rights: ")
	w.picture("addin-plan-desk")
	w.press("Renew now")
	w.until("the renewal is shown", `!!document.querySelector(".steps")`)
	w.reads("every place was written")
	w.picture("addin-desk")
	w.silent()
}
