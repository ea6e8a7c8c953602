package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"keyturn/config"
	"keyturn/problem"
)

// loadFile reads the configuration file as it stands.
func (sh *shell) loadFile() (config.Config, error) {
	path, err := config.Find(sh.flags.config, sh.env)
	if err != nil {
		return config.Config{}, err
	}
	return config.Load(path, descriptors(), notifiers()...)
}

// checkBlocks lets each target read its own settings, so that what only it can judge shows before anything is asked.
func (r *reach) checkBlocks(loaded config.Config) error {
	all := &config.Problems{File: loaded.Path}
	for _, app := range loaded.Applications {
		if _, err := issuers[app.Issuer](r, app, nil); err != nil {
			return fmt.Errorf("%s: %w", app.Name, err)
		}
		known := map[string]config.Block{}
		for _, block := range app.Targets {
			var bad *config.Problems
			switch err := r.checkBlock(app, block, known); {
			case err == nil:
			case errors.As(err, &bad):
				all.List = append(all.List, bad.List...)
			default:
				return err
			}
		}
	}
	if len(all.List) > 0 {
		return all
	}
	return nil
}

// checkBlock adds a target to those known by their names. Two of an application that bear the same one, such as Automation
// accounts of one name in two resource groups, would share what is kept of a delivery: what was written to the first would
// count for the second.
func (r *reach) checkBlock(app config.Application, block config.Block, known map[string]config.Block) error {
	made, err := build(block, owner{clientID: app.ClientID, issuer: app.Issuer, reach: r})
	if err != nil {
		return err
	}
	name := strings.ToLower(made.Place().ID)
	if other, twice := known[name]; twice {
		return block.Fault(fmt.Errorf("it can't be told apart from the one in line %d: Keyturn knows both as %s", other.Line, made.Place().ID))
	}
	known[name] = block
	return nil
}

// settings is the configuration with the command line's flags over it. Commands that need no file get the defaults
// when there is none.
func (sh *shell) settings(needFile bool) (config.Config, error) {
	loaded, err := sh.loadFile()
	if errors.Is(err, config.ErrNoFile) && !needFile {
		loaded, err = config.Default(), nil
	}
	if err != nil {
		return config.Config{}, err
	}
	sh.overlay(&loaded)
	return loaded, nil
}

// overlay puts the command line's flags over a configuration, and the environment's tenant below it.
func (sh *shell) overlay(loaded *config.Config) {
	over(&loaded.Tenant, sh.flags.tenant)
	over(&loaded.Cloud, sh.flags.cloud)
	over(&loaded.Identity, sh.flags.identity)
	over(&loaded.Network.Proxy, sh.flags.proxy)
	over(&loaded.Network.CAFile, sh.flags.caFile)
	if loaded.Tenant == "" {
		loaded.Tenant = sh.env("AZURE_TENANT_ID")
	}
}

func over(held *string, flag string) {
	if flag != "" {
		*held = flag
	}
}

// chosen returns the applications named, or all of them.
func chosen(c config.Config, names []string) ([]config.Application, error) {
	if len(names) == 0 {
		return c.Applications, nil
	}
	var apps []config.Application
	for _, name := range names {
		app, ok := c.Find(name)
		if !ok {
			return nil, unknownApp(c, name)
		}
		if !slices.ContainsFunc(apps, func(a config.Application) bool { return a.Name == name }) {
			apps = append(apps, app)
		}
	}
	return apps, nil
}

func unknownApp(c config.Config, name string) error {
	known := "it has none"
	if len(c.Applications) > 0 {
		known = "it has " + strings.Join(c.Names(), ", ")
	}
	return usage(problem.NeedsPerson("app.unknown", fmt.Sprintf("%q", name),
		"not an application of "+c.Path, known))
}
