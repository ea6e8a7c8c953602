package arm

import (
	"context"
	"iter"
	"net/url"
	"strings"

	"keyturn/cloud"
	"keyturn/problem"
)

// page is one part of a collection.
type page[T any] struct {
	Value    []T    `json:"value"`
	NextLink string `json:"nextLink"`
}

// Whole holds for a page that has a list, be it an empty one.
func (p *page[T]) Whole() bool { return p.Value != nil }

// List walks a collection, page after page as the caller goes on. It ends with the first error, yielded with a zero
// item. A page that leads to another host isn't followed, since our token would go there, nor one that leads back.
func List[T any](ctx context.Context, c *Client, call Call) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		address, err := c.address(call)
		if err != nil {
			yield(none, err)
			return
		}
		var pages cloud.Pages
		for address != "" {
			if err := pages.Ask(address, call.ID); err != nil {
				yield(none, err)
				return
			}
			var page page[T]
			call.Into = &page
			if _, err := c.send(ctx, call, address); err != nil {
				yield(none, err)
				return
			}
			for _, item := range page.Value {
				if !yield(item, nil) {
					return
				}
			}
			if address, err = c.next(page.NextLink, call.ID); err != nil {
				yield(none, err)
				return
			}
		}
	}
}

// All gathers a whole collection.
func All[T any](ctx context.Context, c *Client, call Call) ([]T, error) {
	var all []T
	for item, err := range List[T](ctx, c, call) {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

func (c *Client) next(link, subject string) (string, error) {
	if link == "" {
		return "", nil
	}
	address, err := url.Parse(link)
	if err == nil && address.Scheme == "https" {
		address.Host = strings.TrimSuffix(address.Host, ":443") // some providers write the port
		if strings.EqualFold("https://"+address.Host, c.base) {
			return address.String(), nil
		}
	}
	return "", &problem.Error{
		Class: problem.Permanent, Code: "paging.host", Subject: subject,
		Message: "the listing goes on at another host; it was not followed",
	}
}
