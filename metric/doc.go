// Package metric tells Prometheus how a serving Keyturn stands: what the store knows, asked at each scrape in a few cheap
// questions, what is known of each application only where something new was seen; and what this process counts. It decides
// nothing, and no label of it can take more values than there are credentials in the configuration's applications.
//
// Where several processes share a store, each tells what the store knows: queries take the maximum over them.
//
// Start at [New].
package metric
