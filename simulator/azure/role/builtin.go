package role

// GUIDs of the built-in roles that the simulated cloud offers.
// Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles, read 2026-11-22.
const (
	Owner                        = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	Contributor                  = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	Reader                       = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	UserAccessAdministrator      = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
	WebsiteContributor           = "de139f84-1756-47ae-9be6-808fbbe84772"
	LogicAppContributor          = "87a39d53-fc1b-424a-814c-f7e04687dc9e"
	LogicAppOperator             = "515c2055-d9d4-4321-b1b9-bd0c9a0f79fe"
	AutomationContributor        = "f353d9bd-d4a6-484e-a77a-8050b599b867"
	AutomationOperator           = "d3881f73-407a-4167-8283-e981cbba0404"
	AutomationJobOperator        = "4fe576fe-1146-4730-92eb-48519fa6bf9f"
	AutomationRunbookOperator    = "5fb5aef8-1081-4b8e-bb16-9d5d0385bab5"
	KeyVaultAdministrator        = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
	KeyVaultContributor          = "f25e0fa2-a7c8-4377-a976-54943a77a395"
	KeyVaultReader               = "21090545-7ca7-4776-b22c-e363652d74d2"
	KeyVaultSecretsOfficer       = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
	KeyVaultSecretsUser          = "4633458b-17de-408a-b874-0445c86b69e6"
	KeyVaultCertificatesOfficer  = "a4417e6f-fecd-4de8-b567-7b0420556985"
	KeyVaultDataAccessManagement = "8b54135c-b56d-4d72-a534-26097cfdc8d8"
)

// builtIn returns the built-in roles. The lists of actions are shortened where nothing in the simulated cloud could tell the difference.
func builtIn() []Definition {
	return append(generalRoles(), append(automationRoles(), vaultRoles()...)...)
}

func definition(id, name, description string, actions, notActions, dataActions []string) Definition {
	return Definition{
		ID: id, Name: name, Description: description, AssignableScopes: []string{"/"},
		Permissions: []Permission{{Actions: filled(actions), NotActions: filled(notActions), DataActions: filled(dataActions), NotDataActions: []string{}}},
	}
}

// filled keeps an empty list an empty list: the wire shows [], never null.
func filled(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func generalRoles() []Definition {
	common := []string{"Microsoft.Authorization/*/read", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read"}
	return []Definition{
		definition(Owner, "Owner", "Grants full access to manage all resources, including the ability to assign roles.", []string{"*"}, nil, nil),
		definition(Contributor, "Contributor", "Grants full access to manage all resources, but not to assign roles.", []string{"*"},
			[]string{"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action"}, nil),
		definition(Reader, "Reader", "View all resources, but make no changes.", []string{"*/read"}, nil, nil),
		definition(UserAccessAdministrator, "User Access Administrator", "Lets you manage user access to resources.",
			[]string{"*/read", "Microsoft.Authorization/*"}, nil, nil),
		definition(WebsiteContributor, "Website Contributor", "Lets you manage websites, but not access to them.",
			append([]string{"Microsoft.Web/sites/*", "Microsoft.Web/serverFarms/read", "Microsoft.Web/serverFarms/join/action", "Microsoft.Web/certificates/*"}, common...), nil, nil),
		definition(LogicAppContributor, "Logic App Contributor", "Lets you manage logic apps, but not access to them.",
			append([]string{
				"Microsoft.Logic/*", "Microsoft.Web/connections/*", "Microsoft.Web/connectionGateways/*", "Microsoft.Web/customApis/*",
				"Microsoft.Web/locations/managedApis/*", "Microsoft.Resources/subscriptions/operationresults/read",
			}, common...), nil, nil),
		definition(LogicAppOperator, "Logic App Operator", "Lets you read, enable and disable logic apps.",
			append([]string{
				"Microsoft.Logic/*/read", "Microsoft.Logic/workflows/disable/action", "Microsoft.Logic/workflows/enable/action",
				"Microsoft.Logic/workflows/validate/action", "Microsoft.Web/connections/*/read", "Microsoft.Web/connectionGateways/*/read",
			}, common...), nil, nil),
	}
}

func automationRoles() []Definition {
	const account = "Microsoft.Automation/automationAccounts/"
	return []Definition{
		definition(AutomationContributor, "Automation Contributor", "Manage Azure Automation resources.",
			[]string{"Microsoft.Automation/automationAccounts/*", "Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read"}, nil, nil),
		definition(AutomationOperator, "Automation Operator", "Can start, stop, suspend and resume jobs.",
			[]string{
				account + "read", account + "jobs/read", account + "jobs/write", account + "jobs/output/read", account + "jobs/streams/read",
				account + "runbooks/read", account + "variables/read", "Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read",
			}, nil, nil),
		definition(AutomationJobOperator, "Automation Job Operator", "Create and manage jobs using Automation runbooks.",
			[]string{account + "jobs/read", account + "jobs/write", account + "jobs/output/read", account + "jobs/streams/read", account + "jobs/stop/action", "Microsoft.Authorization/*/read"}, nil, nil),
		definition(AutomationRunbookOperator, "Automation Runbook Operator", "Read runbook properties, to be able to create jobs of the runbook.",
			[]string{account + "runbooks/read", "Microsoft.Authorization/*/read"}, nil, nil),
	}
}

func vaultRoles() []Definition {
	read := []string{"Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/operations/read"}
	const data = "Microsoft.KeyVault/vaults/"
	return []Definition{
		definition(KeyVaultAdministrator, "Key Vault Administrator", "Perform all data plane operations on a key vault and all objects in it.", read, nil, []string{data + "*"}),
		definition(KeyVaultContributor, "Key Vault Contributor", "Lets you manage key vaults, but not access to them.", []string{"Microsoft.KeyVault/*", "Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read"},
			[]string{"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"}, nil),
		definition(KeyVaultReader, "Key Vault Reader", "Read metadata of key vaults and its certificates, keys, and secrets.", read, nil, []string{data + "*/read", data + "secrets/readMetadata/action"}),
		definition(KeyVaultSecretsOfficer, "Key Vault Secrets Officer", "Perform any action on the secrets of a key vault, except manage permissions.", read, nil, []string{data + "secrets/*"}),
		definition(KeyVaultSecretsUser, "Key Vault Secrets User", "Read secret contents.", nil, nil, []string{data + "secrets/getSecret/action", data + "secrets/readMetadata/action"}),
		definition(KeyVaultCertificatesOfficer, "Key Vault Certificates Officer", "Perform any action on the certificates of a key vault, except manage permissions.", read, nil, []string{data + "certificatecas/*", data + "certificates/*"}),
		definition(KeyVaultDataAccessManagement, "Key Vault Data Access Administrator", "Manage access to Azure Key Vault by adding or removing role assignments for the Key Vault roles.",
			append([]string{"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete"}, read...), nil, nil),
	}
}
