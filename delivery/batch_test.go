package delivery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// An exam is a batcher whose batches the test sees and answers. Its first
// question, 0, is being asked.
type exam struct {
	batcher[int, string]
	batches chan []int
	answers chan []string
	got     chan string

	panicked any // the last batch
}

func newExam(t *testing.T) *exam {
	e := &exam{batches: make(chan []int), answers: make(chan []string), got: make(chan string)}
	e.ask = func(qs []int) []string {
		e.batches <- qs
		answers, ok := <-e.answers
		if !ok {
			panic("the answers are closed")
		}
		return answers
	}
	e.guard = func(ask func()) {
		defer func() { e.panicked = recover() }()
		ask()
	}
	e.begin(t.Context(), 0)
	if qs := <-e.batches; len(qs) != 1 {
		t.Fatalf("the first batch is %v", qs)
	}
	return e
}

func (e *exam) begin(ctx context.Context, q int) {
	go func() {
		answer, ok := e.one(ctx, q)
		e.got <- fmt.Sprint(q, " ", answer, " ", ok)
	}()
}

// queued waits until so many are.
func (e *exam) queued(t *testing.T, n int) {
	t.Helper()
	if synctest.Wait(); len(e.queue) != n {
		t.Fatalf("%d are queued, want %d", len(e.queue), n)
	}
}

// say answers each question with itself.
func (e *exam) say(qs []int) {
	var answers []string
	for _, q := range qs {
		answers = append(answers, fmt.Sprint("to ", q))
	}
	e.answers <- answers
}

func (e *exam) gets(t *testing.T, wants ...string) {
	t.Helper()
	left := map[string]bool{}
	for _, want := range wants {
		left[want] = true
	}
	for range wants {
		if got := <-e.got; !left[got] {
			t.Errorf("got %q, want of %v", got, left)
		} else {
			delete(left, got)
		}
	}
}

// examine makes an exam in a bubble, where it is seen at once that nothing is
// going on any more.
func examine(t *testing.T, name string, do func(t *testing.T, e *exam)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { do(t, newExam(t)) })
	})
}

func TestBatcher(t *testing.T) {
	examine(t, "D5 many are asked together, and each has its answer", func(t *testing.T, e *exam) {
		wants := []string{"0 to 0 true"}
		for i := range batchMost + 6 {
			e.begin(t.Context(), i+1)
			wants = append(wants, fmt.Sprint(i+1, " to ", i+1, " true"))
		}
		e.queued(t, batchMost+6)
		go func() {
			e.say([]int{0})
			for _, want := range []int{batchMost, 6} {
				qs := <-e.batches
				if len(qs) != want {
					t.Errorf("%d are asked together, want %d", len(qs), want)
				}
				e.say(qs)
			}
		}()
		e.gets(t, wants...)
		e.begin(t.Context(), 99) // when nothing was queued any more
		e.say(<-e.batches)
		e.gets(t, "99 to 99 true")
	})
	examine(t, "D5 who gives up takes nobody along", func(t *testing.T, e *exam) {
		ctx, giveUp := context.WithCancel(t.Context())
		e.begin(ctx, 1)
		e.queued(t, 1)
		e.begin(t.Context(), 2)
		e.queued(t, 2)
		giveUp()
		e.gets(t, "1  false")
		e.say([]int{0})
		e.gets(t, "0 to 0 true")
		qs := <-e.batches
		if !slices.Equal(qs, []int{2}) {
			t.Errorf("%v are asked: what is taken for nobody is lost", qs)
		}
		e.say(qs)
		e.gets(t, "2 to 2 true")
	})
	examine(t, "D2 what is being asked is not lost on who gives up", func(t *testing.T, e *exam) {
		e.say([]int{0})
		e.gets(t, "0 to 0 true")
		ctx, giveUp := context.WithCancel(t.Context())
		e.begin(ctx, 1)
		qs := <-e.batches
		giveUp()
		e.say(qs)
		e.gets(t, "1 to 1 true")
	})
	examine(t, "D5 a batch that fails answers nothing", func(t *testing.T, e *exam) {
		e.begin(t.Context(), 1)
		e.begin(t.Context(), 2)
		e.queued(t, 2)
		e.answers <- nil
		e.gets(t, "0  false")
		e.say(<-e.batches)
		e.gets(t, "1 to 1 true", "2 to 2 true")
	})
	examine(t, "D2 a batch that panics answers nothing, and ends nothing", func(t *testing.T, e *exam) {
		close(e.answers)
		e.gets(t, "0  false")
		if e.panicked == nil {
			t.Error("it did not panic")
		}
		e.answers = make(chan []string)
		e.begin(t.Context(), 1)
		e.say(<-e.batches)
		e.gets(t, "1 to 1 true")
	})
}

// TestD2_PanicEndsNothing: what panics beside River's jobs is told, with where.
func TestD2_PanicEndsNothing(t *testing.T) {
	s := newShop(t)
	c := s.courier(nil)
	newWorker(c).claims.guard(func() { panic("claims") })
	newWorker(c).records.guard(func() { panic("records") })
	for name, doing := range map[string]string{"claims": "claim", "records": "record"} {
		if told := s.log.with("level=ERROR", `"delivery: `+doing+` together panicked"`, "panic="+name, "batch_test.go"); len(told) != 1 {
			t.Errorf("told of %s: %q", name, told)
		}
	}
}

// TestD5_OneBadAttemptHoldsUpNoOthers: what can not be stored is nobody's but its
// own.
func TestD5_OneBadAttemptHoldsUpNoOthers(t *testing.T) {
	const n = 20
	s := newShop(t)
	s.db.MustExec(strings.ReplaceAll(`
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON webhooks.delivery_attempt FOR EACH ROW WHEN (NEW.answer = 'bad') EXECUTE FUNCTION refuse();
		CREATE TRIGGER refuse BEFORE UPDATE ON webhooks.delivery FOR EACH ROW WHEN (NEW.body = '{"order":"bad"}' AND NEW.sending_since IS NOT NULL) EXECUTE FUNCTION refuse()`,
		"webhooks.", schema+"."))
	together := make(chan struct{})
	arrived := make(chan bool, n)
	r := newReceiver(t, func(w http.ResponseWriter, q *http.Request) {
		arrived <- true
		<-together
		if strings.HasSuffix(q.URL.Path, "/unstored") {
			_, _ = w.Write([]byte("bad"))
		}
	})
	s.hook("hook", r.url)
	c := s.courier(func(o *Options, _ *tuning) { o.Workers, o.PerReceiver = 2*n, 2*n })
	for i := range n - 1 {
		s.pay(c, orderID(i))
	}
	s.pay(c, "bad") // can not be claimed
	s.webhook(webhook.Webhook{ID: "unstored", EventType: "refund", URL: r.url + "/unstored", HTTPMethod: "POST"})
	s.refund(c, "unstored") // can not be recorded
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range n {
		<-arrived
	}
	close(together)
	until(s, n-1, countDelivered)
	if claims := one[int](s, countPending); claims != 2 {
		t.Errorf("%d are pending, want the two that can not be stored", claims)
	}
	s.db.MustExec("DROP FUNCTION refuse CASCADE") // so that it stops soon
}
