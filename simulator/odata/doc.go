// Package odata reads and evaluates the $filter expressions that Microsoft Graph and Azure Resource Manager accept.
//
// It works on decoded JSON documents and knows nothing of what they mean. Start with [Parse].
package odata
