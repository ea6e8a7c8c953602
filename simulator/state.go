package simulator

import (
	"bufio"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/consumer"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

// The ground truth in its documented form.
type (
	stateDocument struct {
		Now         time.Time           `json:"now"`
		Tenants     []tenantState       `json:"tenants"`
		Vaults      []vaultState        `json:"vaults"`
		Connections []connectionState   `json:"connections"`
		Variables   []variableState     `json:"variables"`
		Sites       []azure.SiteState   `json:"sites"`
		Consumers   []consumer.Consumer `json:"consumers"`
		Certificate []consumer.Consumer `json:"certificateConsumers"`
	}
	vaultState struct {
		Name    string        `json:"name"`
		Secrets []secretState `json:"secrets"`
	}
	secretState struct {
		Name     string         `json:"name"`
		Versions []versionState `json:"versions"`
	}
	versionState struct {
		Version string            `json:"version"`
		Value   string            `json:"value"`
		Enabled bool              `json:"enabled"`
		Created time.Time         `json:"created"`
		Tags    map[string]string `json:"tags"`
	}
	connectionState struct {
		ID         string            `json:"id"`
		Parameters map[string]string `json:"parameters"`
	}
	variableState struct {
		ID        string `json:"id"`
		Encrypted bool   `json:"encrypted"`
		Value     string `json:"value"`
	}
)

// wish is what of the truth somebody asks for: everything, unless part or app say less.
type wish struct {
	parts []string // of tenants, vaults, connections, variables, sites, consumers; none = all
	app   string   // a client id: only its registration, and the consumers that are told to sign in as it; "" = all
}

func (w wish) wants(part string) bool { return len(w.parts) == 0 || slices.Contains(w.parts, part) }

func (w wish) about(clientID string) bool { return w.app == "" || strings.EqualFold(w.app, clientID) }

// showState answers what is true, values included: all of it, or what part=consumers,tenants and app=CLIENTID leave. The
// lock isn't held while it is written down.
func (s *Simulator) showState(w http.ResponseWriter, r *http.Request) error {
	asked := wish{app: r.URL.Query().Get("app")}
	if parts := r.URL.Query().Get("part"); parts != "" {
		asked.parts = strings.Split(parts, ",")
	}
	c := s.cloud.Load()
	c.w.Lock()
	document := c.state(asked)
	c.w.Unlock()
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // the client may be gone; nothing to do about it
	return nil
}

func (c *cloud) state(asked wish) stateDocument {
	document := stateDocument{
		Now: c.w.Now(), Tenants: []tenantState{}, Vaults: []vaultState{}, Connections: []connectionState{}, Variables: []variableState{}, Sites: []azure.SiteState{},
		Consumers: []consumer.Consumer{}, Certificate: c.p.Certificates(),
	}
	if asked.wants("consumers") {
		document.Consumers = c.p.Report(asked.about)
	}
	if asked.wants("tenants") {
		for _, t := range c.d.Tenants() {
			document.Tenants = append(document.Tenants, c.tenantOf(t, asked))
		}
	}
	if asked.wants("vaults") {
		document.Vaults = vaultsOf(c.v)
	}
	if asked.wants("connections") {
		for _, connection := range c.a.Connections() {
			document.Connections = append(document.Connections,
				connectionState{connection.Resource.ID, maps.Clone(c.a.ConnectionParameters(connection.Resource.ID))})
		}
	}
	if asked.wants("sites") {
		document.Sites = c.a.Sites()
	}
	if asked.wants("variables") {
		for _, v := range c.a.Variables() {
			document.Variables = append(document.Variables, variableState{v.ID, v.Encrypted, v.Value})
		}
	}
	return document
}

func vaultsOf(service *vault.Service) []vaultState {
	all := []vaultState{}
	for _, v := range service.Vaults() {
		state := vaultState{Name: v.Name, Secrets: []secretState{}}
		for _, secret := range v.Secrets() {
			one := secretState{Name: secret.Name, Versions: []versionState{}}
			for _, version := range secret.Versions {
				tags := maps.Clone(version.Tags)
				if tags == nil {
					tags = map[string]string{}
				}
				one.Versions = append(one.Versions, versionState{version.ID, version.Value, version.Enabled, version.Created, tags})
			}
			state.Secrets = append(state.Secrets, one)
		}
		all = append(all, state)
	}
	return all
}

// showLog answers the requests as JSON lines, oldest first; bodies only when asked for with bodies=1. With tally=1 it
// answers how many there were by host, method and status.
func (s *Simulator) showLog(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("tally") {
		tell(w, http.StatusOK, s.World().Log().Tally())
		return nil
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := bufio.NewWriter(w)
	encoder := json.NewEncoder(out)
	for _, e := range s.World().Log().Entries() {
		if !r.URL.Query().Has("bodies") {
			bare := *e
			bare.RequestBody, bare.ResponseBody = "", ""
			e = &bare
		}
		if encoder.Encode(e) != nil {
			return nil // the client is gone
		}
	}
	_ = out.Flush()
	return nil
}

func (s *Simulator) clearLog(w http.ResponseWriter, _ *http.Request) error {
	s.World().Log().Clear()
	tell(w, http.StatusOK, []world.Entry{})
	return nil
}
