package simulator

import (
	"net/http"

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
