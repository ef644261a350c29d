// Command openid-provider is the provider in the examples of Zitadel's OpenID library, with its login form. The example's own main package listens on every
// address of the machine; this one listens on the loopback address only.
//
// Arguments: port, client ID, client secret, redirect URI, and a JSON file of users.
package main

import (
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	if len(os.Args) != 6 {
		log.Fatal("usage: openid-provider PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI USERS")
	}
	port, clientID, secret, redirectURI, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	users, err := storage.StoreFromFile(file)
	if err != nil {
		log.Fatal(err)
	}
	storage.RegisterClients(storage.WebClient(clientID, secret, redirectURI))
	issuer := fmt.Sprintf("http://127.0.0.1:%s", port)
	server := exampleop.SetupServer(issuer, storage.NewStorage(users), slog.Default(), false)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, server))
}
