package issuer

import "errors"

// ErrLifetime is inside the problem that [Issuer].Issue returns when a policy of the tenant allows only a shorter life
// than was ordered. Nothing was made. Where the policies can't be read, this is how a caller learns of the limit: it may
// order again with a nearer end, under a new mark.
var ErrLifetime = errors.New("a policy of the tenant allows only a shorter lifetime")
