package login

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"keyturn/simulator/directory"
)

// What a stand-in for a person cannot do.
var (
	errNoDevice = errors.New("no device code waits for an answer")
	errNoUser   = errors.New("there is no such user")
)

// Stand is somebody who answers sign-ins in a person's place: with the right password, the right second factor, and
// consent where the person may give it. It belongs to the ground truth; the cloud itself doesn't know it.
type Stand struct {
	// User is a user principal name, or what stands before its @.
	User string
	// Decline answers with Cancel.
	Decline bool
}

// AnswerDevice answers a device code, the newest that waits when userCode is "". The error says what the page would.
// The world's lock must not be held.
func (s *Service) AnswerDevice(userCode string, stand Stand) error {
	s.w.Lock()
	defer s.w.Unlock()
	d := s.typed(userCode)
	if d == nil {
		return errNoDevice
	}
	asked := d.request
	asked.device = d
	_, err := s.stand(&asked, stand)
	return err
}

// AnswerPage goes the way of a browser from an authorize address and returns the address that it is led back to; form is
// what it posts there, empty for an answer in the address. The error says what the page would. The world's lock must not
// be held.
func (s *Service) AnswerPage(address string, stand Stand) (back, form string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", fmt.Errorf("read address: %w", err)
	}
	tenant, rest := split(u.Path)
	s.w.Lock()
	defer s.w.Unlock()
	asked, failure := s.readAuthorize(u.Query(), tenant, strings.Contains(rest, "v2.0"))
	if failure != nil {
		return "", "", failure
	}
	answer, err := s.stand(asked, stand)
	if err != nil {
		return "", "", err
	}
	if asked.mode == "form_post" {
		return asked.redirect, asked.withState(answer).Encode(), nil
	}
	return asked.back(answer), "", nil
}

// stand goes through the pages.
func (s *Service) stand(r *request, stand Stand) (url.Values, error) {
	if stand.Decline {
		return r.decline(), nil
	}
	u := s.find(stand.User)
	if u == nil {
		return nil, fmt.Errorf("%s: %w", stand.User, errNoUser)
	}
	name := u.Name
	if u.Guest {
		name = u.HomeName
	}
	form := url.Values{"login": {name}, "passwd": {u.Password}, "otc": {u.Code}, "consent": {"accept"}}
	next, answer := s.advance(r, form)
	for next.Step == "factor" || next.Step == "consent" {
		next, answer = s.advance(r, form)
	}
	if next.Step != "" {
		return nil, errors.New(next.Trouble)
	}
	return answer, nil
}

// PersonNamed is the object id of a user by name, or by what stands before its @; "" when there is none. Hold the lock.
func (s *Service) PersonNamed(name string) string {
	if u := s.find(name); u != nil {
		return u.ObjectID
	}
	return ""
}

func (s *Service) find(name string) *directory.User {
	for _, t := range s.d.Tenants() {
		for _, u := range t.Users {
			short, _, _ := strings.Cut(u.Name, "@")
			if strings.EqualFold(u.Name, name) || strings.EqualFold(short, name) {
				return u
			}
		}
	}
	return nil
}
