package azure

import "net/http"

type job struct{}

func (s *Service) webRoutes() []entry           { return nil }
func (s *Service) automationRoutes() []entry    { return nil }
func (s *Service) vaultRoutes() []entry         { return nil }
func (s *Service) authorizationRoutes() []entry { return nil }
func (s *Service) logicRoutes() []entry         { return nil }

func (s *Service) genericRoute(c *call) (route, bool) { return route{}, false }
func knownNamespace(string) bool                      { return true }
func (c *call) listResources() answer                 { return answer{} }
func (c *call) listProviders() answer                 { return answer{} }
func (c *call) getProvider() answer                   { return answer{} }
func (c *call) registerProvider() answer              { return answer{} }
func (c *call) queryGraph() answer                    { return answer{} }
func (c *call) filter() (func(map[string]any) bool, *answer) {
	return nil, nil
}
func (c *call) page(items []any) answer      { return list(items) }
func (s *Service) locksInForce() []*Lock     { return s.locks }
func callbackHost(string) bool               { return false }
func (s *Service) serveCallback(r *http.Request) answer { return answer{} }
func text(v any) string                      { s, _ := v.(string); return s }

const lockType = "Microsoft.Authorization/locks"
