package shoutrrr

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/matrix"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/mattermost"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/gotify"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/specialized/generic"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"bellhop/internal/secret"
	"bellhop/sinks/wire"
)

// found is the library's service for a URL, not yet initialised, and the URL in the
// form that it reads.
func found(address *url.URL) (types.Service, *url.URL, error) {
	service, err := (&router.ServiceRouter{}).NewService(serviceName(address))
	if err != nil {
		return nil, nil, err
	}
	if address.Scheme == serviceName(address) {
		return service, address, nil
	}
	custom, ok := service.(types.CustomURLService)
	if !ok {
		return nil, nil, errors.New("the service takes no address of another kind behind a +")
	}
	address, err = custom.GetConfigURLFromCustom(address)
	return service, address, err
}

// readable has the library read a URL and looks for what it would only say when
// something is sent. Matrix alone is not initialised: it would log in.
func readable(address *url.URL) (err error) {
	defer caught(&err)
	service, address, err := found(address)
	if err != nil {
		return err
	}
	if _, ok := service.(*matrix.Service); ok {
		return (&matrix.Config{}).SetURL(address)
	}
	if err := service.Initialize(address, nil); err != nil {
		return err
	}
	switch s := service.(type) {
	case *discord.Service:
		if s.Config.JSON {
			return errors.New("/raw takes JSON of Discord's own, and a notice is text")
		}
	case *generic.Service:
		if t := s.Config.Template; t != "" && t != "json" && t != generic.JSONTemplate {
			return errors.New("there is no template but json")
		}
	case *gotify.Service:
		if !(&gotify.DefaultValidator{}).ValidateToken(s.Config.Token) {
			return gotify.ErrInvalidToken
		}
	}
	return nil
}

// send has the library send one message by way of r.
func send(address *url.URL, title, text string, r *road) (err error) {
	defer caught(&err)
	service, address, err := found(address)
	if err != nil {
		return err
	}
	if err := service.Initialize(address, nil); err != nil {
		return err
	}
	steer(service, r)
	params := types.Params{}
	maps.Copy(params, services()[service.GetID()].set)
	if title != "" {
		params.SetTitle(title)
	}
	return service.Send(text, &params)
}

// steer leads a service that has a transport of its own onto the road, see [carry] for
// the others, and keeps Discord's from waiting.
func steer(service types.Service, r *road) {
	switch s := service.(type) {
	case *discord.Service:
		s.Sleeper = awake{}
	case *gotify.Service:
		r.trusting(s.Config.InsecureSkipVerify)
		s.GetHTTPClient().Transport = r
	case *mattermost.Service:
		s.GetHTTPClient().Transport = r
	case *ntfy.Service:
		r.trusting(s.Config.DisableTLSVerification)
		s.SetHTTPClient(&http.Client{Transport: r})
	}
}

// awake does not wait: there is no second try to wait for.
type awake struct{}

func (awake) Sleep(time.Duration) {}

// trusting has the road take any certificate, where the URL says so.
func (r *road) trusting(anybody bool) {
	if t, ok := r.client.Transport.(*http.Transport); ok && anybody {
		t = t.Clone()
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		r.client = &http.Client{Transport: t}
	}
}

// caught makes an error of a panic of the library.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the library panicked: %v", p)
	}
}

// quote is what the library says, without secrets. It is the innermost error: those
// around it hold the values that they speak of, and tokens among them.
func quote(err error, secrets []secret.String) string {
	for {
		inner := errors.Unwrap(err)
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			all := several.Unwrap()
			inner = all[len(all)-1]
		}
		if inner == nil {
			return wire.NewCaller(&http.Client{}, "", secrets...).Clean(err.Error())
		}
		err = inner
	}
}
