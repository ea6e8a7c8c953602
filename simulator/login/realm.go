package login

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
)

// userRealm is how a user signs in, as the two forms of the question see it.
type userRealm struct {
	kind   string // Managed, Federated or Unknown
	domain string
	brand  string
	server string // of a federated domain, with a slash at the end
}

func (s *Service) realmOf(user string) userRealm {
	_, domain, named := strings.Cut(user, "@")
	if !named {
		domain = user
	}
	s.w.Lock()
	defer s.w.Unlock()
	t := s.d.Tenant(domain)
	switch {
	case t == nil:
		return userRealm{kind: "Unknown"}
	case t.IsFederated("x@" + domain):
		return userRealm{kind: "Federated", domain: domain, brand: t.DisplayName, server: "https://adfs." + domain + "/adfs/"}
	}
	return userRealm{kind: "Managed", domain: domain, brand: t.DisplayName}
}

// realm answers the form that MSAL asks for.
func (s *Service) realm(w http.ResponseWriter, user string) {
	if name, err := url.PathUnescape(user); err == nil {
		user = name
	}
	found := s.realmOf(user)
	realm := map[string]any{
		"ver": "1.0", "account_type": found.kind, "cloud_instance_name": s.w.Cloud().Instance, "cloud_audience_urn": "urn:federation:MicrosoftOnline",
	}
	if found.domain != "" {
		realm["domain_name"] = found.domain
	}
	if found.server != "" {
		realm["federation_protocol"] = "WSTrust"
		realm["federation_metadata_url"] = found.server + "services/trust/mex"
		realm["federation_active_auth_url"] = found.server + "services/trust/2005/usernamemixed"
	}
	writeJSON(w, http.StatusOK, realm)
}

// oldRealmDocument is the form that SharePoint's older clients ask for; it isn't documented, and follows answers shown by
// those who wrote such clients, read 2026-11-26.
type oldRealmDocument struct {
	XMLName    xml.Name `json:"-" xml:"RealmInfo"`
	Success    bool     `json:"-" xml:"Success,attr"`
	State      int      `json:"State"`
	UserState  int      `json:"UserState"`
	Login      string   `json:"Login"`
	Kind       string   `json:"NameSpaceType" xml:"NameSpaceType"`
	Domain     string   `json:"DomainName,omitempty" xml:"DomainName,omitempty"`
	Federated  bool     `json:"-" xml:"IsFederatedNS"`
	AuthURL    string   `json:"AuthURL,omitempty" xml:"AuthURL,omitempty"`
	STSAuthURL string   `json:"-" xml:"STSAuthURL,omitempty"`
	Brand      string   `json:"FederationBrandName,omitempty" xml:"FederationBrandName,omitempty"`
	Instance   string   `json:"CloudInstanceName" xml:"CloudInstanceName"`
	Issuer     string   `json:"CloudInstanceIssuerUri" xml:"CloudInstanceIssuerUri"`
}

// oldRealm answers /getuserrealm.srf, asked by GET or by a form.
func (s *Service) oldRealm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, longestForm)
	login := strings.TrimSpace(r.FormValue("login"))
	found := s.realmOf(login)
	doc := oldRealmDocument{
		Success: true, State: 4, UserState: 1, Login: login, Kind: found.kind, Domain: found.domain, Brand: found.brand,
		Federated: found.server != "", Instance: s.w.Cloud().Instance, Issuer: "urn:federation:MicrosoftOnline",
	}
	if found.server != "" {
		doc.State, doc.AuthURL, doc.STSAuthURL = 3, found.server+"ls/?username="+url.QueryEscape(login), found.server+"services/trust/2005/usernamemixed"
	}
	if r.FormValue("xml") != "1" {
		writeJSON(w, http.StatusOK, doc)
		return
	}
	text, err := xml.Marshal(doc)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(text) // the client may be gone; nothing to do about it
}
