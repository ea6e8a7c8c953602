package simulator

import (
	"errors"
	"net/http"

	"keyturn/simulator/acs"
	"keyturn/simulator/login"
)

// answerDevice answers a device code in a person's place: {"user":"admin"}, with "userCode" when it isn't the newest, or
// {"decline":true}.
func (s *Simulator) answerDevice(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		UserCode string `json:"userCode"`
		User     string `json:"user"`
		Decline  bool   `json:"decline"`
	}
	if err := read(r, &body); err != nil {
		return err
	}
	if err := s.cloud.Load().login.AnswerDevice(body.UserCode, login.Stand{User: body.User, Decline: body.Decline}); err != nil {
		return err
	}
	tell(w, http.StatusOK, map[string]any{"answered": true})
	return nil
}

// answerPage goes a browser's way from an authorize address ("url") in a person's place and tells where it is led back
// to ("location"), and what it would post there ("form", where the program asked for that).
func (s *Simulator) answerPage(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		URL     string `json:"url"`
		User    string `json:"user"`
		Decline bool   `json:"decline"`
	}
	if err := read(r, &body); err != nil {
		return err
	}
	location, form, err := s.cloud.Load().login.AnswerPage(body.URL, login.Stand{User: body.User, Decline: body.Decline})
	if err != nil {
		return err
	}
	tell(w, http.StatusOK, map[string]string{"location": location, "form": form})
	return nil
}

// launch is somebody opening an add-in on its site: {"clientId":"...","user":"user"}. It tells what SharePoint would post
// to the add-in, and an authorization code as its consent page would give.
func (s *Simulator) launch(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		ClientID string `json:"clientId"`
		User     string `json:"user"`
	}
	if err := read(r, &body); err != nil {
		return err
	}
	c := s.cloud.Load()
	c.w.Lock()
	defer c.w.Unlock()
	for _, t := range c.d.Tenants() {
		addIn, site := c.acs.AddIn(t.ID, body.ClientID), c.sites.SiteOf(body.ClientID)
		if addIn == nil || site == nil {
			continue
		}
		opened := acs.Launch{AddIn: addIn, Site: site.Host, User: c.login.PersonNamed(body.User)}
		token, err := c.acs.ContextToken(c.w.Now(), opened)
		if err != nil {
			return err
		}
		tell(w, http.StatusOK, map[string]string{"SPAppToken": token, "SPSiteUrl": "https://" + site.Host + site.Path, "code": c.acs.Code(c.w.Now(), opened)})
		return nil
	}
	return errors.New("no site has an add-in with that client id")
}
