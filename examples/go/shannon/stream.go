package shannon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Event is one server-sent event of a task.
type Event struct {
	ID   string
	Name string
	Data string
}

// Done reports whether it is the last event of its task.
func (e Event) Done() bool { return e.Name == "done" }

const (
	failuresMax  = 6
	eventSizeMax = 32 << 20
)

// Follow calls handle with every event of a task from the first one on, each once, until the last. When a connection
// breaks, a new one goes on after the last event that came.
func (c *Client) Follow(ctx context.Context, id string, handle func(Event) error) error {
	lastID := ""
	for failures := 0; failures <= failuresMax; failures++ {
		done := false
		err := c.connect(ctx, id, lastID, func(event Event) error {
			lastID, failures, done = event.ID, 0, event.Done()
			return handle(event)
		})
		var refused *APIError
		var stopped *handlerError
		switch {
		case done && err == nil:
			return nil
		case errors.As(err, &stopped):
			return stopped.error
		case errors.As(err, &refused) && !refused.Temporary(), ctx.Err() != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(200*time.Millisecond<<failures, 10*time.Second)):
		}
	}
	return fmt.Errorf("gave up after %d connections without an event", failuresMax)
}

// handlerError tells an error of the caller's own from a broken connection.
type handlerError struct{ error }

func (c *Client) connect(ctx context.Context, id, lastID string, handle func(Event) error) error {
	header := http.Header{"Accept": {"text/event-stream"}}
	if lastID != "" {
		header.Set("Last-Event-ID", lastID)
	}
	request, err := c.request(ctx, http.MethodGet, "/api/v1/stream/sse?workflow_id="+url.QueryEscape(id), header, nil)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}

	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, eventSizeMax)
	var event Event
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			event.ID = value
		case "event":
			event.Name = value
		case "data":
			event.Data = value
		case "":
			// A blank line ends an event, a colon alone begins a comment. What was cut off before is no event.
			if lines.Text() != "" || event.Data == "" {
				continue
			}
			if err := handle(event); err != nil {
				return &handlerError{err}
			}
			if event.Done() {
				return nil
			}
			event = Event{ID: event.ID}
		}
	}
	return lines.Err()
}
