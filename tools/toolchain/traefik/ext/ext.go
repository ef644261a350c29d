// Package ext holds the extension points of Traefik's dynamic configuration. Traefik's go.mod replaces the package by a directory that is not part of its module.
package ext

// HTTP extends the configuration of HTTP.
type HTTP struct{}

// Router extends a router.
type Router struct{}
