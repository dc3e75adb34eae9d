package delivery

import (
	"context"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

// workDriver is River's driver for clients that work.
type workDriver struct {
	*riverdatabasesql.Driver
	repo   *repo.Repo
	within time.Duration // how long a fetch may take
}

func (d workDriver) GetExecutor() riverdriver.Executor {
	return &executor{d.Driver.GetExecutor(), d}
}

// An executor runs River's statements, and in its own way the two that each job
// needs.
type executor struct {
	riverdriver.Executor
	by workDriver
}

// JobGetAvailable gives up a fetch of jobs that gets no answer (see inTime); River waits
// for it without end before it fetches again. Jobs that were fetched so are lost, and
// made anew by the sweep.
func (e *executor) JobGetAvailable(ctx context.Context, p *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	ctx, cancel := context.WithTimeout(ctx, e.by.within)
	defer cancel()
	return inTime(ctx, func() (*riverdriver.JobGetAvailableResult, error) {
		return e.Executor.JobGetAvailable(ctx, p)
	})
}

// JobSetStateIfRunningMany deletes jobs that are done. River marks them and keeps
// them for a while, which costs more than the rest of what it does for a job, and
// here nobody asks for them. For jobs that are not there any more it does nothing.
func (e *executor) JobSetStateIfRunningMany(ctx context.Context, p *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	var done []int64
	for i, state := range p.State {
		if state == rivertype.JobStateCompleted {
			done = append(done, p.ID[i])
		}
	}
	return inTime(ctx, func() ([]*rivertype.JobRow, error) {
		if err := e.by.repo.EndJobs(ctx, done); err != nil || len(done) == len(p.ID) {
			return nil, err
		}
		return e.Executor.JobSetStateIfRunningMany(ctx, p)
	})
}
