// The rights that Keyturn is missing, each at the smallest scope that suffices.
// For: keyturn renewal (object id 33333333-3333-3333-3333-333333333333)
// Grant: az deployment group create --resource-group GROUP --template-file SCRIPT.bicep    Take back: the commands at the end
// Run it as somebody who may grant these rights; a right takes some minutes to work.
// No right is missing.
