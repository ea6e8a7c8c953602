package azure

// DrainBuckets makes the service refuse the next request of everyone who has called before, as hundreds within seconds would.
func DrainBuckets(s *Service) {
	for _, b := range s.buckets {
		b.left = -1000
	}
}
