package delivery

import (
	"context"
	"runtime"
	"slices"
	"sync"
)

// batchMost is how many questions one statement answers.
const batchMost = 64

// A batcher asks together what many ask at the same time: while a question is
// under way those that come queue, and the next takes them all. So one that
// comes alone waits for nobody, and of many each waits for two at most.
//
// A question is about the whole way from here to the database and back; who gives
// up waiting ends nobody else's.
type batcher[Q, A any] struct {
	// ask gives the answers in the order of the questions, nil: there are none.
	ask func(qs []Q) []A
	// guard runs what may panic, and tells of it: the batches have a goroutine of
	// their own, where nobody else does.
	guard func(f func())

	mu    sync.Mutex
	queue []*asked[Q, A]
	busy  bool
}

type asked[Q, A any] struct {
	question Q
	answer   chan A // closed without an answer where there is none
}

// one asks one question. There is no answer if those of its batch could not be
// had, or ctx ended before its turn came.
func (b *batcher[Q, A]) one(ctx context.Context, q Q) (answer A, ok bool) {
	mine := &asked[Q, A]{q, make(chan A, 1)}
	b.mu.Lock()
	b.queue = append(b.queue, mine)
	if !b.busy {
		b.busy = true
		go b.work()
	}
	b.mu.Unlock()
	select {
	case answer, ok = <-mine.answer:
	case <-ctx.Done():
		if !b.withdraw(mine) { // it is being asked; what comes of it must not get lost
			answer, ok = <-mine.answer
		}
	}
	return answer, ok
}

func (b *batcher[Q, A]) withdraw(mine *asked[Q, A]) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.queue, mine)
	if i < 0 {
		return false
	}
	b.queue = slices.Delete(b.queue, i, i+1)
	return true
}

// work asks until nothing is queued.
func (b *batcher[Q, A]) work() {
	for batch := b.next(); len(batch) > 0; batch = b.next() {
		questions := make([]Q, len(batch))
		for i, a := range batch {
			questions[i] = a.question
		}
		var answers []A
		b.guard(func() { answers = b.ask(questions) })
		for i, a := range batch {
			if answers != nil {
				a.answer <- answers[i]
			}
			close(a.answer)
		}
	}
}

// next takes the next batch off the queue, when those that are about to ask have.
func (b *batcher[Q, A]) next() []*asked[Q, A] {
	runtime.Gosched()
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.queue), batchMost)
	batch := slices.Clone(b.queue[:n])
	b.queue = slices.Delete(b.queue, 0, n)
	b.busy = n > 0
	return batch
}
