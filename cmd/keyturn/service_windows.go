package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"
)

const (
	serviceTitle = "Keyturn renews Entra client secrets before they expire"
	// leaveEvery is how often the manager is told that the service is still leaving.
	leaveEvery = 5 * time.Second
	// stopPatience is how long a service that is told to stop may finish the step in hand.
	stopPatience = 90 * time.Second
)

// restarts are what Windows waits before it starts a service again that ended with a failure, the last one again and
// again. A wrong configuration is one too: it is tried again, but not fast.
var restarts = []time.Duration{20 * time.Second, time.Minute, 5 * time.Minute}

// live runs a command line, as a service where the manager of services started this process.
func (sh *shell) live(args []string) int {
	if managed, err := svc.IsWindowsService(); err == nil && managed {
		return sh.serveManager(args)
	}
	ctx, done := sh.heedSignals(context.Background())
	defer done()
	return sh.run(ctx, args)
}

// serveManager runs a command line under the manager of services, which stops it. What it has to say goes to the event log.
func (sh *shell) serveManager(args []string) int {
	if written, err := eventlog.Open(serviceName); err == nil {
		defer written.Close()
		sh.diary = written
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m := &managed{
		work: func() int { return sh.run(ctx, args) },
		stop: func() { sh.interrupted(os.Interrupt, 0, cancel) },
	}
	if err := svc.Run(serviceName, m); err != nil {
		sh.show(fmt.Errorf("serve the manager of services: %w", err))
		return exitFailed
	}
	return m.code
}

// managed is one run as a service.
type managed struct {
	work func() int
	stop func()
	code int
}

// Execute implements [svc.Handler]. A code other than 0 is a failure to the manager, which starts the service again.
// Source: https://learn.microsoft.com/windows/win32/services/service-control-handler-function (read 2026-11-25).
func (m *managed) Execute(_ []string, requests <-chan svc.ChangeRequest, states chan<- svc.Status) (specific bool, code uint32) {
	states <- svc.Status{State: svc.StartPending}
	asked := make(chan struct{})
	ended := make(chan struct{})
	defer close(ended)
	go obey(requests, states, asked, ended)
	step := uint32(0)
	m.code = attend(m.work, m.stop, asked, leaveEvery, func(how attendance) {
		if how == atWork {
			states <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown}
			return
		}
		step++
		states <- svc.Status{State: svc.StopPending, CheckPoint: step, WaitHint: uint32(stopPatience.Milliseconds())}
	})
	return m.code != exitDone, uint32(m.code)
}

// obey answers the manager until the service has ended.
func obey(requests <-chan svc.ChangeRequest, states chan<- svc.Status, asked, ended chan struct{}) {
	stopping := false
	for {
		select {
		case <-ended:
			return
		case request := <-requests:
			switch request.Cmd {
			case svc.Interrogate:
				states <- request.CurrentStatus
			case svc.Stop, svc.Shutdown, svc.PreShutdown:
				if !stopping {
					stopping = true
					close(asked)
				}
			}
		}
	}
}

// employService installs the service.
func employService(i installation) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	manager, err := mgr.Connect()
	if err != nil {
		return managerRefused(err)
	}
	defer func() { _ = manager.Disconnect() }()
	made, err := manager.CreateService(serviceName, program, mgr.Config{
		DisplayName: serviceName, Description: serviceTitle, StartType: mgr.StartAutomatic, DelayedAutoStart: true,
		ServiceStartName: i.account, ErrorControl: mgr.ErrorNormal,
	}, i.arguments()...)
	if err != nil {
		return managerRefused(err)
	}
	defer made.Close()
	if err := settle(made); err != nil {
		return errors.Join(fmt.Errorf("set up the service: %w", err), made.Delete())
	}
	return nil
}

// settle tells the manager what to do after a failure, and the event log whose entries these are.
func settle(made *mgr.Service) error {
	var actions []mgr.RecoveryAction
	for _, wait := range restarts {
		actions = append(actions, mgr.RecoveryAction{Type: mgr.ServiceRestart, Delay: wait})
	}
	const forget = 24 * 60 * 60 // seconds without a failure after which the first wait comes again
	if err := made.SetRecoveryActions(actions, forget); err != nil {
		return err
	}
	if err := made.SetRecoveryActionsOnNonCrashFailures(true); err != nil {
		return err
	}
	// What Windows waits for a service before it shuts down; by itself that is 10 seconds.
	// Source: https://learn.microsoft.com/windows/win32/api/winsvc/ns-winsvc-service_preshutdown_info (read 2026-11-26).
	patience := struct{ milliseconds uint32 }{uint32(stopPatience.Milliseconds())}
	if err := windows.ChangeServiceConfig2(made.Handle, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, (*byte)(unsafe.Pointer(&patience))); err != nil {
		return err
	}
	_ = eventlog.Remove(serviceName) // of an earlier installation
	return eventlog.InstallAsEventCreate(serviceName, eventlog.Error|eventlog.Warning|eventlog.Info)
}

// dismissService stops the service and removes it.
func dismissService() error {
	manager, err := mgr.Connect()
	if err != nil {
		return managerRefused(err)
	}
	defer func() { _ = manager.Disconnect() }()
	installed, err := manager.OpenService(serviceName)
	if err != nil {
		return managerRefused(err)
	}
	defer installed.Close()
	if err := awaitStopped(installed); err != nil {
		return err
	}
	_ = eventlog.Remove(serviceName) // entries that were written stay readable
	if err := installed.Delete(); err != nil {
		return managerRefused(err)
	}
	return nil
}

func awaitStopped(installed *mgr.Service) error {
	status, err := installed.Control(svc.Stop)
	if errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return nil
	}
	for end := time.Now().Add(stopPatience); err == nil && status.State != svc.Stopped; status, err = installed.Query() {
		if time.Now().After(end) {
			return serviceRefused("winservice.busy", "it hasn't stopped yet", "wait for it to finish the step in hand, then run this again", nil)
		}
		time.Sleep(time.Second)
	}
	if err != nil {
		return managerRefused(err)
	}
	return nil
}

// managerRefused turns the manager's number into what a person does.
func managerRefused(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return serviceRefused("winservice.denied", "only an administrator may install and remove services", "run this in a PowerShell that was started as administrator", err)
	case errors.Is(err, windows.ERROR_SERVICE_EXISTS):
		return serviceRefused("winservice.exists", "it is installed already", "keyturn service remove takes the old one away", err)
	case errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST):
		return serviceRefused("winservice.absent", "it isn't installed", "keyturn service install installs it", err)
	case errors.Is(err, windows.ERROR_SERVICE_MARKED_FOR_DELETE):
		return serviceRefused("winservice.busy", "an earlier one is still being removed", "close services.msc and the event viewer, then run this again", err)
	case errors.Is(err, windows.ERROR_INVALID_SERVICE_ACCOUNT):
		return serviceRefused("winservice.account", "Windows doesn't know that account", "name one without a password: leave --account out, or a group managed service account such as CONTOSO\\keyturn$", err)
	}
	return fmt.Errorf("ask the manager of services: %w", err)
}
