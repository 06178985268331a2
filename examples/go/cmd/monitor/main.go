// Print every change of a task's status, with the time, until it has ended. Exits 0 when it completed, 1 when it
// failed, 3 when it was cancelled and 4 when it timed out.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"waybill.example/shannon/shannon"
)

var exitCodes = map[shannon.Status]int{
	shannon.Completed: 0,
	shannon.Failed:    1,
	shannon.Cancelled: 3,
	shannon.TimedOut:  4,
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: monitor TASK_ID")
	}
	client := shannon.FromEnvironment()
	var seen shannon.Status
	for {
		task, err := client.Task(context.Background(), os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		if task.Status != seen {
			seen = task.Status
			fmt.Printf("%s  %s\n", time.Now().Format(time.TimeOnly), seen)
		}
		if seen.Ended() {
			fmt.Println(task.Result + task.Error)
			os.Exit(exitCodes[seen])
		}
		time.Sleep(time.Second)
	}
}
