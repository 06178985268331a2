// Ask about many tasks at once. An id that is unknown is reported, and stops nothing.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"

	"waybill.example/shannon/shannon"
)

const atOnce = 8

func main() {
	log.SetFlags(0)
	ids := os.Args[1:]
	if len(ids) == 0 {
		log.Fatal("usage: batch TASK_ID...")
	}
	client := shannon.FromEnvironment()
	said := make([]string, len(ids))
	slots := make(chan struct{}, atOnce)
	var asking sync.WaitGroup
	for i, id := range ids {
		asking.Add(1)
		go func(i int, id string) {
			defer asking.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			said[i] = statusOf(client, id)
		}(i, id)
	}
	asking.Wait()
	for i, id := range ids {
		fmt.Printf("%s  %s\n", id, said[i])
	}
}

func statusOf(client *shannon.Client, id string) string {
	task, err := client.Task(context.Background(), id)
	if err != nil {
		return err.Error()
	}
	return string(task.Status)
}
