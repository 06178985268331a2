// Wait for a task by asking again, less and less often.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand"
	"time"

	"waybill.example/shannon/shannon"
)

const (
	firstDelay   = 250 * time.Millisecond
	longestDelay = 15 * time.Second
)

func main() {
	log.SetFlags(0)
	timeout := flag.Duration("timeout", 5*time.Minute, "how long to wait")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: poll [-timeout 5m] TASK_ID")
	}
	ctx, stop := context.WithTimeout(context.Background(), *timeout)
	defer stop()

	task, err := poll(ctx, shannon.FromEnvironment(), flag.Arg(0))
	switch {
	case err != nil:
		log.Fatal(err)
	case task.Status != shannon.Completed:
		log.Fatalf("%s: %s", task.Status, task.Error)
	}
	fmt.Println(task.Result)
}

// poll returns the task once it has ended. Lost answers and overload are waited out, as a slow task is.
func poll(ctx context.Context, client *shannon.Client, id string) (*shannon.Task, error) {
	for delay := firstDelay; ; delay = min(2*delay, longestDelay) {
		task, err := client.Task(ctx, id)
		var refused *shannon.APIError
		switch {
		case err == nil && task.Status.Ended():
			return task, nil
		case errors.As(err, &refused) && !refused.Temporary():
			return nil, err
		}
		// The jitter keeps many waiting programs from asking in step.
		jittered := time.Duration(float64(delay) * (0.8 + 0.4*rand.Float64()))
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s did not end in time", id)
		case <-time.After(jittered):
		}
	}
}
