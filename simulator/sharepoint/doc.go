// Package sharepoint serves the sites of the simulated SharePoint Online, as far as add-ins and those who renew their
// secrets meet them: the challenge that tells a realm, the title of a site, and the launch of an add-in.
package sharepoint
