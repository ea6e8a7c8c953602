package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"keyturn/config"
	"keyturn/notify"
	"keyturn/notify/mail"
	"keyturn/notify/webhook"
)

// notifierKind is one way to tell people: what it is, and how one is made from its block.
type notifierKind struct {
	descriptor notify.Descriptor
	build      func(block config.Block, o teller) (notify.Notifier, error)
}

// teller is what notifiers are built on.
type teller struct {
	reach  *reach
	env    config.Environment // where secrets come from
	now    func() time.Time   // the machine's clock
	log    *slog.Logger
	tenant string
}

// notifierKinds lists the notifiers of this release. A new one is a folder and a line here.
func notifierKinds() []notifierKind {
	return []notifierKind{
		{mail.Descriptor(), buildMail},
		{webhook.Descriptor(), buildWebhook},
	}
}

func buildMail(block config.Block, t teller) (notify.Notifier, error) {
	var c mail.Config
	if err := block.Fetch(t.env, &c); err != nil {
		return nil, err
	}
	return mail.New(c, mail.Parts{Roots: t.reach.session.Authorities(), Now: t.now, Log: t.log, Tenant: t.tenant})
}

func buildWebhook(block config.Block, t teller) (notify.Notifier, error) {
	var c webhook.Config
	if err := block.Fetch(t.env, &c); err != nil {
		return nil, err
	}
	return webhook.New(c, webhook.Parts{Client: t.reach.session.Elsewhere(), Now: t.now})
}

// notifiers lists the notifiers of this release.
func notifiers() []notify.Descriptor {
	var list []notify.Descriptor
	for _, k := range notifierKinds() {
		list = append(list, k.descriptor)
	}
	return list
}

// buildNotifier makes one notifier. What its settings can't mean is told at the block's place in the file.
func buildNotifier(block config.Block, t teller) (notify.Notifier, error) {
	for _, k := range notifierKinds() {
		if k.descriptor.Code != block.Kind {
			continue
		}
		made, err := k.build(block, t)
		var told *config.Problems
		if err != nil && !errors.As(err, &told) {
			return nil, block.Fault(err)
		}
		return made, err
	}
	return nil, fmt.Errorf("no notifier is called %s", block.Kind) // the configuration was checked against the same list
}
