package main

import (
	"context"

	"keyturn/config"
	"keyturn/store"
)

// noted adds to rows what the last look of a serving Keyturn found in the way of applications.
func noted(ctx context.Context, reader store.Reader, settings config.Config, rows []statusRow) error {
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
		if there && configured {
			rows[i].known.Finding = finding
		}
	}
	return nil
}
