package dns

import (
	"encoding/binary"
	"io"
	"net"
	"time"
)

const (
	maxDatagram = 4096
	idleLimit   = 10 * time.Second // Of a connection.
)

// listen answers over TCP and UDP until one of the sockets fails.
func listen(address string, records *records) error {
	stream, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer stream.Close()
	datagrams, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	defer datagrams.Close()
	failed := make(chan error, 2)
	go func() { failed <- acceptConnections(stream, records) }()
	go func() { failed <- answerDatagrams(datagrams, records) }()
	return <-failed
}

func answerDatagrams(socket net.PacketConn, records *records) error {
	query := make([]byte, maxDatagram)
	for {
		size, from, err := socket.ReadFrom(query)
		if err != nil {
			return err
		}
		if response := records.answer(query[:size]); response != nil {
			socket.WriteTo(response, from) // One that is lost is asked for again.
		}
	}
}

func acceptConnections(listener net.Listener, records *records) error {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go answerConnection(connection, records)
	}
}

// Messages over TCP come with their length before them: RFC 1035, section 4.2.2.
func answerConnection(connection net.Conn, records *records) {
	defer connection.Close()
	for {
		connection.SetDeadline(time.Now().Add(idleLimit))
		var size uint16
		if binary.Read(connection, binary.BigEndian, &size) != nil {
			return
		}
		query := make([]byte, size)
		if _, err := io.ReadFull(connection, query); err != nil {
			return
		}
		response := records.answer(query)
		if response == nil {
			return
		}
		message := binary.BigEndian.AppendUint16(nil, uint16(len(response)))
		if _, err := connection.Write(append(message, response...)); err != nil {
			return
		}
	}
}
