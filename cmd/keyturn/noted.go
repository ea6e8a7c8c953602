package main

import (
	"context"

	"keyturn/config"
	"keyturn/store"
)

// noted adds to rows what the last look of a serving Keyturn found in the way of applications, where no renewal is open
// meanwhile and nothing else is known to be wrong.
func noted(ctx context.Context, reader store.Reader, settings config.Config, rows []standing) error {
	keeper, ok := reader.(store.Findings)
	if !ok {
		return nil
	}
	found, err := keeper.Findings(ctx)
	if err != nil {
		return err
	}
	byApp := map[string]store.Finding{}
	for _, finding := range found {
		byApp[finding.App] = finding
	}
	for i := range rows {
		finding, there := byApp[rows[i].App]
		_, configured := settings.Find(rows[i].App)
		if there && configured && rows[i].Attention == "" && !isOpen(rows[i].State) {
			rows[i].Attention, rows[i].Fix = finding.Text, finding.Fix
		}
	}
	return nil
}
