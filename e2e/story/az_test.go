//go:build unix

package story_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
)

const (
	graphHost   = "https://graph.microsoft.com"
	armHost     = "https://management.azure.com"
	roleVersion = "?api-version=2022-04-01"
	keyVersion  = "?api-version=2026-02-01"
	definitions = "/providers/Microsoft.Authorization/roleDefinitions"
	assignments = "/providers/Microsoft.Authorization/roleAssignments"
)

// azure stands in for the Azure command line: the few commands that doctor's scripts are made of, as the requests that
// the real one sends for them. It is this test's own program under the name az.
type azure struct {
	words  []string
	values map[string][]string
}

// runAz runs one command line and returns its exit code.
func runAz(args []string) int {
	a := azure{values: map[string][]string{}}
	option := ""
	for _, arg := range args {
		switch name, ok := strings.CutPrefix(arg, "--"); {
		case ok:
			option = name
			a.values[option] = []string{}
		case option == "":
			a.words = append(a.words, arg)
		default:
			a.values[option] = append(a.values[option], arg)
		}
	}
	if err := a.run(); err != nil {
		fmt.Fprintln(os.Stderr, "ERROR:", err)
		return 1
	}
	return 0
}

func (a azure) run() error {
	commands := map[string]func() error{
		"rest": a.rest, "ad sp show": a.showPrincipal, "ad app owner add": a.addOwner, "ad app owner remove": a.removeOwner,
		"keyvault set-policy": a.setPolicy, "keyvault delete-policy": a.deletePolicy,
		"role definition create": a.defineRole, "role definition delete": a.undefineRole,
		"role assignment create": a.assignRole, "role assignment delete": a.unassignRole,
	}
	run, ok := commands[strings.Join(a.words, " ")]
	if !ok {
		return fmt.Errorf("%q is no command that the scripts are known to use", a.words)
	}
	return run()
}

// value is an option's one value.
func (a azure) value(name string) string { return strings.Join(a.values[name], " ") }

var roleIDQuery = regexp.MustCompile(`^value\[\?appRoleId=='([^']*)'\]\.id$`)

func (a azure) rest() error {
	var answer struct {
		Value []struct{ ID, AppRoleID string }
	}
	err := send(a.value("method"), a.value("url"), []byte(a.value("body")), &answer)
	if query := roleIDQuery.FindStringSubmatch(a.value("query")); query != nil {
		for _, each := range answer.Value {
			if each.AppRoleID == query[1] {
				fmt.Println(each.ID)
			}
		}
	}
	return err
}

var appRoleQuery = regexp.MustCompile(`^appRoles\[\?value=='([^']*)' && .*\]\.id \| \[0\]$`)

func (a azure) showPrincipal() error {
	var found struct {
		Value []struct {
			ID       string
			AppRoles []struct{ ID, Value string }
		}
	}
	err := send("GET", graphHost+"/v1.0/servicePrincipals?$filter="+url.QueryEscape("appId eq '"+a.value("id")+"'"), nil, &found)
	if err != nil || len(found.Value) != 1 {
		return errors.Join(err, fmt.Errorf("%d service principals", len(found.Value)))
	}
	query := appRoleQuery.FindStringSubmatch(a.value("query"))
	if query == nil {
		fmt.Println(found.Value[0].ID)
		return nil
	}
	for _, role := range found.Value[0].AppRoles {
		if role.Value == query[1] {
			fmt.Println(role.ID)
			return nil
		}
	}
	return fmt.Errorf("there is no role %s", query[1])
}

func (a azure) owners() string {
	return graphHost + "/v1.0/applications(appId='" + a.value("id") + "')/owners/"
}

func (a azure) addOwner() error {
	return send("POST", a.owners()+"$ref", encode(map[string]string{"@odata.id": graphHost + "/v1.0/directoryObjects/" + a.value("owner-object-id")}), nil)
}

func (a azure) removeOwner() error {
	return send("DELETE", a.owners()+a.value("owner-object-id")+"/$ref", nil, nil)
}

func (a azure) setPolicy() error { return a.changePolicy("add", a.values["secret-permissions"]) }

func (a azure) deletePolicy() error { return a.changePolicy("remove", []string{"get", "list", "set"}) }

func (a azure) changePolicy(how string, permissions []string) error {
	vault, err := findVault(a.value("name"))
	if err != nil {
		return err
	}
	policy := map[string]any{"tenantId": os.Getenv("AZURE_TENANT_ID"), "objectId": a.value("object-id"), "permissions": map[string]any{"secrets": permissions}}
	return send("PUT", armHost+vault+"/accessPolicies/"+how+keyVersion, encode(map[string]any{"properties": map[string]any{"accessPolicies": []any{policy}}}), nil)
}

func findVault(name string) (string, error) {
	var found struct{ Value []struct{ ID, Name string } }
	filter := url.QueryEscape("resourceType eq 'Microsoft.KeyVault/vaults'")
	err := send("GET", armHost+"/subscriptions/"+os.Getenv("AZURE_SUBSCRIPTION_ID")+"/resources?api-version=2021-04-01&$filter="+filter, nil, &found)
	for _, each := range found.Value {
		if strings.EqualFold(each.Name, name) {
			return each.ID, nil
		}
	}
	return "", errors.Join(err, fmt.Errorf("there is no vault %s", name))
}

func (a azure) defineRole() error {
	var role struct {
		Name, Description         string
		Actions, AssignableScopes []string
	}
	if err := json.Unmarshal([]byte(a.value("role-definition")), &role); err != nil {
		return err
	}
	return send("PUT", armHost+role.AssignableScopes[0]+definitions+"/"+newID()+roleVersion, encode(map[string]any{"properties": map[string]any{
		"roleName": role.Name, "description": role.Description, "type": "CustomRole", "assignableScopes": role.AssignableScopes,
		"permissions": []any{map[string]any{"actions": role.Actions}},
	}}), nil)
}

func (a azure) undefineRole() error {
	role, err := findRole(a.value("scope"), a.value("name"))
	if err != nil {
		return err
	}
	return send("DELETE", armHost+role+roleVersion, nil, nil)
}

func (a azure) assignRole() error {
	role, err := findRole(a.value("scope"), a.value("role"))
	if err != nil {
		return err
	}
	return send("PUT", armHost+a.value("scope")+assignments+"/"+newID()+roleVersion, encode(map[string]any{"properties": map[string]any{
		"roleDefinitionId": role, "principalId": a.value("assignee-object-id"), "principalType": a.value("assignee-principal-type"),
	}}), nil)
}

func (a azure) unassignRole() error {
	role, err := findRole(a.value("scope"), a.value("role"))
	if err != nil {
		return err
	}
	var found struct {
		Value []struct {
			ID         string
			Properties struct{ RoleDefinitionID, PrincipalID, Scope string }
		}
	}
	if err := send("GET", armHost+a.value("scope")+assignments+roleVersion+"&$filter="+url.QueryEscape("atScope()"), nil, &found); err != nil {
		return err
	}
	for _, each := range found.Value {
		p := each.Properties
		if strings.EqualFold(p.PrincipalID, a.value("assignee")) && last(p.RoleDefinitionID) == last(role) && strings.EqualFold(p.Scope, a.value("scope")) {
			return send("DELETE", armHost+each.ID+roleVersion, nil, nil)
		}
	}
	return errors.New("there is no such assignment")
}

func findRole(scope, name string) (string, error) {
	var found struct{ Value []struct{ ID string } }
	filter := url.QueryEscape("roleName eq '" + name + "'")
	err := send("GET", armHost+scope+definitions+roleVersion+"&$filter="+filter, nil, &found)
	if err != nil || len(found.Value) != 1 {
		return "", errors.Join(err, fmt.Errorf("%d roles are called %s", len(found.Value), name))
	}
	return found.Value[0].ID, nil
}

func last(id string) string { return strings.ToLower(id[strings.LastIndexByte(id, '/')+1:]) }

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func encode(body any) []byte {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // texts always marshal
	}
	return text
}

// send signs in and sends one request, as whoever the environment names.
func send(method, address string, body []byte, into any) error {
	resource := graphHost
	if strings.HasPrefix(address, armHost) {
		resource = armHost
	}
	signIn, err := http.PostForm("https://login.microsoftonline.com/"+os.Getenv("AZURE_TENANT_ID")+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {os.Getenv("AZURE_CLIENT_ID")}, "client_secret": {os.Getenv("AZURE_CLIENT_SECRET")},
		"scope": {resource + "/.default"},
	})
	if err != nil {
		return err
	}
	defer signIn.Body.Close()
	var token struct {
		Value string `json:"access_token"`
	}
	if err := json.NewDecoder(signIn.Body).Decode(&token); err != nil {
		return err
	}
	request, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token.Value)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		return errors.Join(err, fmt.Errorf("%s %s: %d %s", method, address, answer.StatusCode, text))
	}
	if into == nil || len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, into)
}
