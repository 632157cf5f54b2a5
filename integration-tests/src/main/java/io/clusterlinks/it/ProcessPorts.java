// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which ports a process uses, as Linux tells. */
final class ProcessPorts {
    private static final Pattern SOCKET = Pattern.compile("socket:\\[(\\d+)]");
    /** Columns of /proc/net/tcp: number, local address and port, remote ones, state, queues, timer, retransmits, user, timeout, inode. */
    private static final int LOCAL = 1;

    private static final int INODE = 9;
    private static final int HEX = 16;

    private ProcessPorts() {}

    /** Local ports of its TCP sockets, that listen or are connected; none if it has ended, or this is not Linux. */
    static Set<Integer> of(long pid) {
        Set<String> inodes = inodes(Path.of("/proc", Long.toString(pid), "fd"));
        Set<Integer> ports = new HashSet<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : lines(Path.of(table))) {
                String[] columns = line.trim().split("\\s+");
                if (inodes.contains(columns[INODE])) {
                    String address = columns[LOCAL];
                    ports.add(Integer.parseInt(address.substring(address.indexOf(':') + 1), HEX));
                }
            }
        }
        return ports;
    }

    private static Set<String> inodes(Path descriptors) {
        Set<String> inodes = new HashSet<>();
        try (Stream<Path> all = Files.list(descriptors)) {
            for (Path descriptor : all.toList()) {
                Matcher socket = SOCKET.matcher(target(descriptor));
                if (socket.matches()) {
                    inodes.add(socket.group(1));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // It ends just now.
        }
        return inodes;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            // Closed just now.
            return "";
        }
    }

    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table);
        } catch (IOException e) {
            return List.of();
        }
    }
}
