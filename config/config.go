package config

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyturn/notify"
	"keyturn/policy"
	"keyturn/target"
)

// Config is a keyturn.yaml that was read without a problem.
type Config struct {
	Path         string // of the file; "" when there is none
	Tenant       string // its id or one of its domains
	Cloud        string // public | usgov | usgov-dod | china
	Identity     string // how Keyturn signs in, see file.Identity
	SignIn       SignIn
	Network      Network
	Store        string // the database: a path, absolute or relative to where the process stands, or an address postgres://...
	Serve        Serve
	Notify       Notify
	Policy       policy.Policy
	Applications []Application  // in the order of the file
	named        map[string]int // where each stands in Applications, once read from a file; nil in one made by hand
}

// Serve is how Keyturn works unattended.
type Serve struct {
	Every    time.Duration // between two looks at the tenant
	Address  string        // where browsers find the console, scheme and host; "" = where it listens
	CertFile string        // of the console's TLS, PEM; "" = it speaks plain HTTP
	KeyFile  string
	Provider Provider
}

// SignIn is how people sign in.
type SignIn struct {
	ClientID string // of the public client that people sign in through; "" = none
	Password bool   // whether people may sign in by typing their password to Keyturn
}

// Network is how the cloud is reached.
type Network struct {
	Proxy  string // address of a proxy; "" = as the environment says
	CAFile string // further certificate authorities, PEM; "" = the system's alone
}

// Application is one app registration that Keyturn looks after.
type Application struct {
	Name     string // the key in keyturn.yaml
	ClientID string // lower case
	Issuer   Issuer
	Site     string        // with issuer sharepoint: where the add-in is installed
	Keep     time.Duration // with issuer sharepoint: how long the old secret is kept after its end
	ForUser  bool          // with issuer sharepoint: the add-in acts only for people who open it
	Policy   policy.Policy
	Targets  []Block
	Excluded string   // why it is left alone; "" = it is renewed
	Exclude  []string // places that discovery finds and that don't hold this app's secret: resource ids or target ids
	Line     int      // where the application stands in the file
}

// Issuer is what kind of secret an application has.
type Issuer string

const (
	Entra      Issuer = "entra"
	SharePoint Issuer = "sharepoint"
)

// Find returns the application with that name.
func (c Config) Find(name string) (Application, bool) {
	at, known := c.named[name]
	if c.named == nil {
		at = slices.IndexFunc(c.Applications, func(app Application) bool { return app.Name == name })
		known = at >= 0
	}
	if !known {
		return Application{}, false
	}
	return c.Applications[at], true
}

// byName is where each application stands in a list. One process looks thousands of them up, again and again.
func byName(apps []Application) map[string]int {
	at := make(map[string]int, len(apps))
	for i, app := range apps {
		at[app.Name] = i
	}
	return at
}

// Names returns the applications' names in the order of the file.
func (c Config) Names() []string {
	names := make([]string, 0, len(c.Applications))
	for _, app := range c.Applications {
		names = append(names, app.Name)
	}
	return names
}

// Default is what holds without a configuration file.
func Default() Config {
	return Config{Cloud: "public", Identity: "default", Store: "keyturn.db", Serve: Serve{Every: time.Hour}, Policy: policy.Default()}
}

// Load reads the file at path. kinds are the targets that this release knows, notifiers the ways to tell people. A file with
// problems gives [*Problems] with all of them; one that can't be read gives the file system's error. Paths in the file are
// relative to its folder.
func Load(path string, kinds []target.Descriptor, notifiers ...notify.Descriptor) (Config, error) {
	text, err := readFile(path)
	if err != nil {
		return Config{}, err
	}
	config, err := Parse(path, text, kinds, notifiers...)
	if err != nil {
		return Config{}, err
	}
	config.Store = beside(path, config.Store)
	for _, file := range []*string{&config.Network.CAFile, &config.Serve.CertFile, &config.Serve.KeyFile} {
		*file = beside(path, *file)
	}
	return config, nil
}

// beside makes a relative name one in the folder of the configuration file.
func beside(path, name string) string {
	if name == "" || filepath.IsAbs(name) || strings.Contains(name, "://") {
		return name
	}
	return filepath.Join(filepath.Dir(path), name)
}

// Parse is [Load] for text already read: path is used in messages alone. It asks neither disk nor wire.
func Parse(path string, text []byte, kinds []target.Descriptor, notifiers ...notify.Descriptor) (Config, error) {
	read := newReader(path, text)
	written := read.file()
	config := read.meaning(written, kinds)
	config.Notify = read.notify(written.Notify, notifiers)
	if len(read.problems) > 0 {
		return Config{}, read.report()
	}
	config.Path = path
	return config, nil
}

// meaning turns what is written into what holds: defaults below the file's policy, and that below an application's.
func (r *reader) meaning(written file, kinds []target.Descriptor) Config {
	config := Default()
	config.Tenant = written.Tenant
	config.SignIn = SignIn{ClientID: strings.ToLower(written.SignIn.ClientID), Password: written.SignIn.Password == "allowed"}
	config.Network = Network{Proxy: written.Network.Proxy, CAFile: written.Network.CAFile}
	put(&config.Serve.Every, written.Serve.Every)
	config.Serve.Provider = r.provider(written.Serve.SignIn)
	config.Serve.Address, config.Serve.CertFile, config.Serve.KeyFile = written.Serve.Address, written.Serve.TLS.CertFile, written.Serve.TLS.KeyFile
	config.Policy = written.Policy.over(config.Policy)
	setIfWritten(&config.Cloud, written.Cloud)
	setIfWritten(&config.Identity, written.Identity)
	setIfWritten(&config.Store, written.Store)
	r.checkFile(written, config)
	config.Applications = r.applications(written, config.Policy, kinds)
	config.named = byName(config.Applications)
	return config
}

func setIfWritten(held *string, written string) {
	if written != "" {
		*held = written
	}
}
