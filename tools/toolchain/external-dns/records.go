package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider"
)

// fileVariable names a file that keeps the records between two runs. A test runs external-dns with --once before and after a change of the cluster, and reads there
// what the change made of the records.
const fileVariable = "INMEMORY_RECORDS"

// restore creates the records in the file, if there is one.
func restore(ctx context.Context, records provider.Provider) error {
	file := os.Getenv(fileVariable)
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var kept []*endpoint.Endpoint
	if err := json.Unmarshal(text, &kept); err != nil {
		return err
	}
	return records.ApplyChanges(ctx, &plan.Changes{Create: kept})
}

// save writes all records to the file.
func save(ctx context.Context, records provider.Provider) error {
	file := os.Getenv(fileVariable)
	if file == "" {
		return nil
	}
	kept, err := records.Records(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
